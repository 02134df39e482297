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
    const [few, many] = run.quick ? ([100, 10_000] as const) : ([1_000, 1_000_000] as const)
    const label = ({ size, asked }: { size: number; asked: number }): string =>
      `Latchkey, ${count(size)} sessions${asked > few ? `, ${count(asked)} of them asked about` : ''}`
    const small = { size: few, asked: few }
    const big = { size: many, asked: few }
    const busy = { size: many, asked: 10 * few }
    const measurements: Measurement[] = []
    const verdicts: Verdict[] = []
    for (const dialect of ['sqlite', 'postgres'] as const) {
      const name = databaseNames[dialect]
      const work = `session check, 32 at a time, ${name}`
      const tables = [small, big, busy]
      const entrants = tables.map((table) => ({
        ...oursOn(dialect, { stubHash: true, sessions: table.asked - run.people }),
        label: label(table),
      }))
      await withField(run, entrants, async (field) => {
        for (const [index, contestant] of field.entries()) {
          const url = await contestant.ask<string>('databaseUrl')
          run.say(`  filling ${contestant.label}, ${name}`)
          await fillSessions(dialect, url, tables[index]?.size ?? 0)
        }
        const options = { work, operation: 'session-check', concurrency: 32 }
        measurements.push(...(await interleave(run, field, options)))
      })
      verdicts.push(
        compare({
          bar: 'B7',
          what: `p50 at ${count(many)} sessions, ${name}`,
          ours: measured(measurements, work, label(big)),
          against: measured(measurements, work, label(small)),
          metric: 'p50Ms',
          atMost: 1.1,
        }),
      )
    }
    return {
      measurements,
      verdicts,
      notes: [
        `Median time a check. In both cases the same number is asked about in turns; of the ${count(many)} those that are asked about lie among the others, in the table and in its indexes. The third line asks about ten times as many.`,
      ],
    }
  },
}

function count(size: number): string {
  return size.toLocaleString('en-US')
}
