import type { Benchmark, Measurement, Run, Verdict } from '../harness/benchmark.ts'
import { startContestant } from '../harness/contestant-process.ts'
import { createPostgresDatabase } from '../harness/databases.ts'
import { limit, notMeasured } from '../harness/verdict.ts'
import { openWire } from '../harness/wire.ts'

const requests = 20
const works = {
  'session-check': 'session check',
  'sign-in': 'sign-in with a password',
  'sign-up': 'sign-up',
  'sign-out': 'sign-out',
  'magic-link': 'magic link',
  'email-code': 'e-mail code',
  totp: 'authenticator code',
  refresh: 'refresh',
} as const
type Operation = keyof typeof works

/** Counted where they pass: in the protocol, by a proxy in front of PostgreSQL. */
export const statements: Benchmark = {
  name: 'statements',
  title: 'Statements a request (PostgreSQL)',
  bars: ['B11'],
  async run(run) {
    if (!run.servers.postgres)
      return { measurements: [], verdicts: [notMeasured('B11', 'statements', 'no PostgreSQL answers')] }
    const measurements = [
      ...(await countOf(run, 'Latchkey', 'latchkey', false)),
      ...(await countOf(run, 'Latchkey, cached', 'latchkey', true)),
      ...(await countOf(run, 'better-auth', 'better-auth', false)),
    ]
    return {
      measurements,
      verdicts: verdictsOf(measurements),
      notes: [
        'Statements without BEGIN and COMMIT. What runs beside the requests is counted with them, so fractions appear: the outbox for every mail, the feed of changes, the seals of the audit log.',
        'A round trip is a wait: the client sends again after the server answered. Statements that are sent together are one.',
      ],
    }
  },
}

async function countOf(
  run: Run,
  contestant: string,
  name: 'latchkey' | 'better-auth',
  cache: boolean,
): Promise<readonly Measurement[]> {
  const database = await createPostgresDatabase()
  const wire = await openWire(database.url)
  const options = {
    database: 'postgres',
    url: wire.url,
    through: wire.url,
    stubHash: true,
    methods: true,
    people: 24,
    cache,
  }
  const process = await startContestant(contestant, name, options as never)
  const found: Measurement[] = []
  try {
    for (const operation of Object.keys(works) as Operation[]) {
      if (!process.operations.includes(operation) || (cache && operation !== 'session-check')) continue
      const request = { operation, concurrency: 1, durationMs: 100, count: requests }
      // The first time prepares statements and opens connections.
      await process.round(request)
      await process.ask('prepare', request)
      const before = wire.count()
      const { count } = await process.round({ ...request, isPrepared: true })
      const after = wire.count()
      const each = (key: keyof typeof after): readonly number[] => [(after[key] - before[key]) / count]
      found.push({
        work: works[operation],
        contestant,
        metrics: { statements: each('statements'), roundTrips: each('roundTrips') },
      })
      run.say(`  ${contestant}, ${works[operation]}: ${each('statements')[0]} statements`)
    }
  } finally {
    await process.close()
    wire.close()
    await database.drop()
  }
  return found
}

function verdictsOf(measurements: readonly Measurement[]): readonly Verdict[] {
  const value = (contestant: string, operation: Operation, metric: 'statements' | 'roundTrips'): number =>
    measurements.find((one) => one.contestant === contestant && one.work === works[operation])?.metrics[metric]?.[0] ??
    Number.NaN
  const most = (what: string, counted: number, unit: string, atMost: number): Verdict =>
    limit({ bar: 'B11', what, value: Math.round(counted), unit, atMost })
  return [
    most('session check', value('Latchkey', 'session-check', 'statements'), 'statements', 1),
    most('session check, cached', value('Latchkey, cached', 'session-check', 'statements'), 'statements', 0),
    most('sign-in with a password', value('Latchkey', 'sign-in', 'roundTrips'), 'round trips', 3),
    most('refresh: a look-up and one commit', value('Latchkey', 'refresh', 'roundTrips'), 'round trips', 2),
  ]
}
