import type { Benchmark, Measurement, Run, Verdict } from '../harness/benchmark.ts'
import { startContestant } from '../harness/contestant-process.ts'
import { databaseNames } from '../harness/field.ts'
import { judgePairs } from '../harness/statistics.ts'
import { number } from '../harness/verdict.ts'

/** Does the time of an answer tell whether an address has an account? Real hashes, pairs interleaved, three independent series. */
export const enumeration: Benchmark = {
  name: 'enumeration',
  title: 'Known and unknown addresses',
  bars: [],
  async run(run) {
    const measurements: Measurement[] = []
    const verdicts: Verdict[] = []
    for (const database of run.quick ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const)) {
      if (database === 'postgres' && !run.servers.postgres) continue
      const name = databaseNames[database]
      const process = await startContestant(name, 'latchkey', { database, methods: true, people: run.quick ? 10 : 100 })
      try {
        const paths = await process.ask<readonly string[]>('entryPaths')
        for (const path of paths) {
          const series: (readonly (readonly [number, number])[])[] = []
          for (let count = 0; count < 3; count++)
            series.push(await process.ask('pairs', { path, pairs: run.quick ? 10 : 300 }))
          measurements.push(...measurementsOf(path, name, series))
          verdicts.push(verdictOf(run, `${path}, ${name}`, series))
        }
      } finally {
        await process.close()
      }
    }
    return {
      measurements,
      verdicts,
      notes: [
        'A pair is one request for a known and one for an unknown address, in turns first, through the handler in the process, argon2id on; the mail leaves before the next request.',
        'A leak is reported only when the three series agree in sign and the median of their median differences exceeds 5 %.',
      ],
    }
  },
}

type Series = readonly (readonly (readonly [number, number])[])[]

function measurementsOf(path: string, name: string, series: Series): readonly Measurement[] {
  const column = (side: 0 | 1): readonly number[] => series.map((pairs) => middle(pairs.map((pair) => pair[side])))
  return [
    {
      work: `POST ${path}, ${name}: median time of each series`,
      contestant: 'known address',
      metrics: { p50Ms: column(0) },
    },
    {
      work: `POST ${path}, ${name}: median time of each series`,
      contestant: 'unknown address',
      metrics: { p50Ms: column(1) },
    },
  ]
}

function verdictOf(run: Run, what: string, series: Series): Verdict {
  const { shares, isLeak } = judgePairs(series)
  const ours = shares.map((share) => `${share > 0 ? '+' : ''}${number(share * 100)} %`).join(', ')
  run.say(`  ${what}: ${ours}${isLeak ? ' LEAK' : ''}`)
  return {
    bar: 'enumeration',
    what,
    ours,
    against: '–',
    ratio: '–',
    wanted: 'no three of one sign over 5 %',
    met: !isLeak,
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
