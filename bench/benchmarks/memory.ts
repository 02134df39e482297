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
      const heapMb: number[] = []
      let answered = 0
      let sampled = 0
      while (answered < wanted) {
        answered += (await closedLoop(server, { connections: 32, durationMs: run.quick ? 50 : 250 })).count
        if (answered >= sampled + step) {
          sampled = answered
          rssMb.push((await ours.usage()).rssMb)
          heapMb.push(await ours.ask<number>('liveHeap'))
        }
      }
      run.say(`  RSS ${rssMb.map((value) => number(value)).join(' ')} MB`)
      run.say(`  live heap ${heapMb.map((value) => number(value)).join(' ')} MB`)
      const requests = `over the second half of ${wanted.toLocaleString('en-US')} requests`
      return {
        measurements: [{ work, contestant: ours.label, metrics: { rssMb } }],
        verdicts: [
          limit({
            bar: 'B6',
            what: `growth of the live heap ${requests}`,
            value: growthPercent(heapMb),
            unit: '%',
            atMost: 3,
          }),
          limit({ bar: 'B6', what: `growth of RSS ${requests}`, value: growthPercent(rssMb), unit: '%', atMost: 3 }),
        ],
        notes: [
          `RSS of the process of the benchmark, which holds all drivers: ${list(rssMb)} MB; live heap after a full collection: ${list(heapMb)} MB.`,
        ],
      }
    })
  },
}

/** Trend over the second half, of its first value: the first half fills heap and caches, a leak goes on. */
function growthPercent(samples: readonly number[]): number {
  const later = samples.slice(Math.floor(samples.length / 2))
  return ((slope(later) * later.length) / (later[0] ?? 1)) * 100
}

function list(values: readonly number[]): string {
  return values.map((value) => number(value)).join(', ')
}
