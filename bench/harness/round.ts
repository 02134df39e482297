import type { Operation, RoundRequest, RoundResult } from './contestant.ts'
import { quantile } from './statistics.ts'

const usualFewest = 24
const usualMost = 2_000

/** Runs one round of an operation and measures it. `paceOf` remembers how fast operations that use things up were. */
export async function runRound(
  operation: Operation,
  request: RoundRequest,
  paceOf: Map<string, number>,
): Promise<RoundResult> {
  const { concurrency, durationMs } = request
  const expected = Math.round(((paceOf.get(request.operation) ?? 0) * durationMs) / 1_000)
  const usual =
    operation.prepare === undefined
      ? undefined
      : clamp(expected, request.fewest ?? usualFewest, operation.most ?? usualMost)
  const count = request.count ?? usual ?? Number.POSITIVE_INFINITY
  if (request.isPrepared !== true) await operation.prepare?.(count)
  const latencies: number[] = []
  let next = 0
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const endAt = count === Number.POSITIVE_INFINITY ? startedAt + durationMs : Number.POSITIVE_INFINITY
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next++
      const at = performance.now()
      if (index >= count || at >= endAt) return
      await operation.run(index)
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const elapsedMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  const perSecond = (latencies.length / elapsedMs) * 1_000
  paceOf.set(request.operation, perSecond)
  return {
    count: latencies.length,
    perSecond,
    cpuMicros: (user + system) / latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    rssMb: process.memoryUsage().rss / 2 ** 20,
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
