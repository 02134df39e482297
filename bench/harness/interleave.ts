import type { Measurement, Run } from './benchmark.ts'
import type { ContestantProcess } from './contestant-process.ts'
import type { RoundResult } from './contestant.ts'
import { number } from './verdict.ts'
import { median } from './statistics.ts'

interface Interleaved {
  readonly work: string
  readonly operation: string
  readonly concurrency: number
  readonly roundMs?: number
}

/** A B A B …: every contestant once a round, so that a machine that changes its pace changes it for all. One warm-up round. */
export async function interleave(
  run: Run,
  contestants: readonly ContestantProcess[],
  { work, operation, concurrency, roundMs = run.roundMs }: Interleaved,
): Promise<readonly Measurement[]> {
  const able = contestants.filter(({ operations }) => operations.includes(operation))
  const results = new Map<ContestantProcess, RoundResult[]>(able.map((contestant) => [contestant, []]))
  for (let round = 0; round <= run.rounds; round++) {
    for (const contestant of able) {
      const durationMs = round === 0 ? Math.min(roundMs, run.quick ? 40 : 500) : roundMs
      const result = await contestant.round({ operation, concurrency, durationMs, ...(run.quick ? { fewest: 4 } : {}) })
      if (round > 0) results.get(contestant)?.push(result)
    }
  }
  const measurements = able.map((contestant): Measurement => {
    const all = results.get(contestant) ?? []
    const column = (name: keyof RoundResult): number[] => all.map((result) => result[name])
    return {
      work,
      contestant: contestant.label,
      metrics: {
        perSecond: column('perSecond'),
        cpuMicros: column('cpuMicros'),
        p50Ms: column('p50Ms'),
        p99Ms: column('p99Ms'),
        rssMb: column('rssMb'),
      },
    }
  })
  for (const { contestant, metrics } of measurements)
    run.say(`  ${work} · ${contestant}: ${number(median(metrics.perSecond ?? []))}/s`)
  return measurements
}

/** The measurement of one contestant. */
export function measured(
  measurements: readonly Measurement[],
  work: string,
  contestant: string,
): Measurement | undefined {
  return measurements.find((one) => one.work === work && one.contestant === contestant)
}
