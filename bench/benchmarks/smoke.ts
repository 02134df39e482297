import type { Benchmark } from '../harness/benchmark.ts'
import { startContestant } from '../harness/contestant-process.ts'
import { interleave } from '../harness/interleave.ts'
import { closedLoop } from '../harness/load.ts'
import { limit } from '../harness/verdict.ts'

/** Does the harness work? Ours on memory storage, with nothing installed that only the benchmarks need. */
export const smoke: Benchmark = {
  name: 'smoke',
  title: 'The harness itself',
  bars: [],
  async run(run) {
    const ours = await startContestant('Latchkey, memory', 'latchkey-smoke', { people: 4 })
    try {
      const work = 'session check, one at a time'
      const measurements = await interleave(run, [ours], { work, operation: 'session-check', concurrency: 1 })
      const { count } = await closedLoop(await ours.listen(), { connections: 2, durationMs: 100 })
      return {
        measurements,
        verdicts: [
          limit({
            bar: 'smoke',
            what: 'requests over HTTP that were not answered',
            value: count > 0 ? 0 : 1,
            unit: '',
            atMost: 0,
          }),
        ],
      }
    } finally {
      await ours.close()
    }
  },
}
