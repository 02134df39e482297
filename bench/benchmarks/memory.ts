import type { Benchmark } from '../harness/benchmark.ts'
import { oursOn, withField } from '../harness/field.ts'
import { closedLoop } from '../harness/load.ts'
import { slope } from '../harness/statistics.ts'
import { limit, number } from '../harness/verdict.ts'

const work = 'session checks over HTTP: memory after each 10,000'

/** Does memory grow with the requests? */
export const memory: Benchmark = {
  name: 'memory',
  title: 'Memory over 200,000 requests',
  bars: ['B6'],
  async run(run) {
    const wanted = run.quick ? 3_000 : 200_000
    const step = wanted / 20
    return withField(run, [oursOn('sqlite', { stubHash: true, cache: true })], async ([ours]) => {
      if (ours === undefined) throw new TypeError('SQLite is always there')
      const server = await ours.listen()
      const rssMb: number[] = []
      let answered = 0
      let sampled = 0
      while (answered < wanted) {
        answered += (await closedLoop(server, { connections: 32, durationMs: run.quick ? 50 : 250 })).count
        if (answered >= sampled + step) {
          sampled = answered
          rssMb.push((await ours.usage()).rssMb)
        }
      }
      // The first half fills heap and caches; a leak goes on in the second.
      const later = rssMb.slice(Math.floor(rssMb.length / 2))
      const trend = slope(later)
      run.say(`  ${rssMb.map((value) => number(value)).join(' ')} MB`)
      return {
        measurements: [{ work, contestant: ours.label, metrics: { rssMb } }],
        verdicts: [
          limit({
            bar: 'B6',
            what: `growth over the second half of ${wanted.toLocaleString('en-US')} requests, of its memory`,
            value: ((trend * later.length) / (later[0] ?? 1)) * 100,
            unit: '%',
            atMost: 3,
          }),
        ],
        notes: [
          `RSS of the process of the benchmark, which holds all drivers: ${rssMb.map((value) => number(value)).join(', ')} MB.`,
        ],
      }
    })
  },
}
