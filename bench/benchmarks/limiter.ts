import type { Benchmark, Measurement, Run } from '../harness/benchmark.ts'
import type { ContestantOptions } from '../harness/contestant.ts'
import { databaseNames, withField, type Entrant } from '../harness/field.ts'
import { interleave, measured } from '../harness/interleave.ts'
import { median } from '../harness/statistics.ts'
import { compare, limit } from '../harness/verdict.ts'

const library = 'rate-limiter-flexible'

/** One charge of one address, alone: ours and the library that everybody takes. */
export const limiter: Benchmark = {
  name: 'limiter',
  title: 'Limiter',
  bars: ['B8'],
  async run(run) {
    const many = run.quick ? 5_000 : 100_000
    const few = 1_000
    const inMemory = await inMemoryRun(run, [few, many])
    const work = 'a charge of one address, 8 at a time, 1,000 addresses seen'
    const entrants = [
      ours('sqlite', few),
      ours('postgres', few),
      ours('mysql', few),
      { label: 'Latchkey, Redis', name: 'limiters' as const, options: { redis: true, addresses: few } },
      {
        label: `${library}, PostgreSQL`,
        name: 'limiters' as const,
        options: { database: 'postgres' as const, library: true, addresses: few },
      },
      {
        label: `${library}, Redis`,
        name: 'limiters' as const,
        options: { redis: true, library: true, addresses: few },
      },
    ]
    const measurements = await withField(run, entrants, (field) =>
      interleave(run, field, { work, operation: 'charge', concurrency: 8 }),
    )
    return {
      measurements: [...inMemory.measurements, ...measurements],
      verdicts: [
        ...inMemory.verdicts,
        compare({
          bar: 'B8',
          what: 'a charge, PostgreSQL, not slower',
          ours: measured(measurements, work, 'Latchkey, PostgreSQL'),
          against: measured(measurements, work, `${library}, PostgreSQL`),
          metric: 'perSecond',
          atLeast: 1,
        }),
        compare({
          bar: 'B8',
          what: 'a charge, Redis, not slower',
          ours: measured(measurements, work, 'Latchkey, Redis'),
          against: measured(measurements, work, `${library}, Redis`),
          metric: 'perSecond',
          atLeast: 1,
        }),
      ],
      notes: [
        'Ours is an exact sliding window: the row keeps the instants of the last charges. The library counts in fixed windows, which lets twice the limit through at their border.',
        'On Redis ours goes through `redis`, which writes all that one turn of the event loop asks for as one packet: the least CPU, but eight that are answered together ask together, so client and server take turns. The library goes through `ioredis`, which writes each by itself: more CPU, and where both have a core of their own they work at the same time.',
        'How many statements a charge costs is counted under “Statements a request”.',
      ],
    }
  },
}

async function inMemoryRun(
  run: Run,
  sizes: readonly [number, number],
): Promise<{ measurements: readonly Measurement[]; verdicts: ReturnType<typeof limit>[] }> {
  const work = 'a charge of one address in memory, one at a time'
  const labelOf = (side: string, addresses: number): string =>
    `${side}, ${addresses.toLocaleString('en-US')} addresses seen`
  const entrants = sizes.flatMap((addresses): readonly Entrant[] => [
    { label: labelOf('Latchkey', addresses), name: 'limiters', options: { database: 'memory', addresses } },
    { label: labelOf(library, addresses), name: 'limiters', options: { library: true, addresses } },
  ])
  const measurements = await withField(run, entrants, (field) =>
    interleave(run, field, { work, operation: 'charge', concurrency: 1 }),
  )
  const verdicts = sizes.flatMap((addresses) => {
    const mine = measured(measurements, work, labelOf('Latchkey', addresses))
    return [
      limit({
        bar: 'B8',
        what: `CPU a charge in memory, ${addresses.toLocaleString('en-US')} addresses seen`,
        value: median(mine?.metrics.cpuMicros ?? []),
        unit: 'µs',
        atMost: 30,
      }),
      compare({
        bar: 'B8',
        what: `a charge in memory, ${addresses.toLocaleString('en-US')} addresses seen, not slower`,
        ours: mine,
        against: measured(measurements, work, labelOf(library, addresses)),
        metric: 'perSecond',
        atLeast: 1,
      }),
    ]
  })
  return { measurements, verdicts }
}

function ours(database: NonNullable<ContestantOptions['database']>, addresses: number): Entrant {
  return { label: `Latchkey, ${databaseNames[database]}`, name: 'limiters', options: { database, addresses } }
}
