import type { Benchmark, Measurement, Verdict } from '../harness/benchmark.ts'
import { authJs, betterAuthOn, limitOf, oursOn, withField } from '../harness/field.ts'
import { interleave, measured } from '../harness/interleave.ts'
import { profileMissed } from '../harness/profile-missed.ts'
import { compare } from '../harness/verdict.ts'

const oneAtATime = 'session check, one at a time'
const many = 'session check, 32 at a time'
const serverCode = 'session check by server code (getSession), 32 at a time'

/** Who is signed in, through `handler(new Request())` in the process. */
export const sessionCheck: Benchmark = {
  name: 'session-check',
  title: 'Session check in the process',
  bars: ['B1'],
  async run(run) {
    const stub = { stubHash: true }
    const entrants = [
      oursOn('memory', stub),
      oursOn('sqlite', stub),
      oursOn('postgres', stub),
      oursOn('mysql', stub),
      oursOn('sqlite', { ...stub, cache: true }),
      oursOn('postgres', { ...stub, cache: true }),
      betterAuthOn('sqlite', stub),
      betterAuthOn('postgres', stub),
      betterAuthOn('postgres', { ...stub, redis: true }),
      betterAuthOn('sqlite', { ...stub, cache: true }),
      betterAuthOn('postgres', { ...stub, cache: true }),
      authJs(stub),
      limitOf('limit: HMAC + prepared join, SQLite', 'sqlite-join'),
      limitOf('limit: HMAC + prepared join, PostgreSQL', 'postgres-join', { database: 'postgres' }),
      limitOf('limit: jose verify, ES256', 'jose'),
    ]
    return withField(run, entrants, async (field) => {
      const measurements = [
        ...(await interleave(run, field, { work: oneAtATime, operation: 'session-check', concurrency: 1 })),
        ...(await interleave(run, field, { work: many, operation: 'session-check', concurrency: 32 })),
        ...(await interleave(run, field, { work: serverCode, operation: 'get-session', concurrency: 32 })),
      ]
      const verdicts = [oneAtATime, many, serverCode].flatMap((work) => verdictsOf(measurements, work))
      const profiles = await profileMissed(run, field, verdicts, { operation: 'session-check', concurrency: 32 })
      return { measurements, verdicts, profiles }
    })
  },
}

function verdictsOf(measurements: readonly Measurement[], work: string): readonly Verdict[] {
  const of = (contestant: string): Measurement | undefined => measured(measurements, work, contestant)
  const ratio = (what: string, ours: string, against: string, atLeast: number): Verdict =>
    compare({
      bar: 'B1',
      what: `${work}: ${what}`,
      ours: of(ours),
      against: of(against),
      metric: 'perSecond',
      atLeast,
    })
  const cached = [
    ratio('cached, SQLite', 'Latchkey, SQLite, cached', 'better-auth, SQLite, cookie cache', 40),
    ratio('cached, SQLite, against its uncached', 'Latchkey, SQLite, cached', 'better-auth, SQLite', 40),
    ratio('cached, PostgreSQL', 'Latchkey, PostgreSQL, cached', 'better-auth, PostgreSQL, cookie cache', 40),
    ratio('cached, PostgreSQL, against its uncached', 'Latchkey, PostgreSQL, cached', 'better-auth, PostgreSQL', 40),
    ...(work === serverCode
      ? []
      : [ratio('cached, against Auth.js', 'Latchkey, PostgreSQL, cached', 'Auth.js, JWT', 15)]),
  ]
  return [
    ratio('uncached, SQLite', 'Latchkey, SQLite', 'better-auth, SQLite', 20),
    ratio('uncached, PostgreSQL', 'Latchkey, PostgreSQL', 'better-auth, PostgreSQL', 12),
    ...cached,
  ]
}
