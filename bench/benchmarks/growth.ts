import type { Benchmark, Measurement, Verdict } from '../harness/benchmark.ts'
import { databaseNames, oursOn, withField } from '../harness/field.ts'
import { fillSessions } from '../harness/fill-sessions.ts'
import { interleave, measured } from '../harness/interleave.ts'
import { compare } from '../harness/verdict.ts'

/** Does a session check take longer where there are many sessions? Uncached, or the database would not be asked. */
export const growth: Benchmark = {
  name: 'growth',
  title: 'Session check with a thousand and with a million sessions',
  bars: ['B7'],
  async run(run) {
    const sizes = run.quick ? ([1_000, 10_000] as const) : ([1_000, 1_000_000] as const)
    const measurements: Measurement[] = []
    const verdicts: Verdict[] = []
    for (const dialect of ['sqlite', 'postgres'] as const) {
      const name = databaseNames[dialect]
      const work = `session check, 32 at a time, ${name}`
      const label = (size: number): string => `Latchkey, ${size.toLocaleString('en-US')} sessions`
      const entrants = sizes.map((size) => ({ ...oursOn(dialect, { stubHash: true }), label: label(size) }))
      await withField(run, entrants, async (field) => {
        for (const [index, contestant] of field.entries()) {
          const url = await contestant.ask<string>('databaseUrl')
          run.say(`  filling ${contestant.label}, ${name}`)
          await fillSessions(dialect, url, sizes[index] ?? 0)
        }
        const options = { work, operation: 'session-check', concurrency: 32 }
        measurements.push(...(await interleave(run, field, options)))
      })
      verdicts.push(
        compare({
          bar: 'B7',
          what: `p50 at ${sizes[1].toLocaleString('en-US')} sessions, ${name}`,
          ours: measured(measurements, work, label(sizes[1])),
          against: measured(measurements, work, label(sizes[0])),
          metric: 'p50Ms',
          atMost: 1.1,
        }),
      )
    }
    return {
      measurements,
      verdicts,
      notes: ['Median time a check; the copied sessions have random ids, so the index is visited everywhere.'],
    }
  },
}
