import type { Benchmark, Measurement, Run, Verdict } from '../harness/benchmark.ts'
import { authJs, betterAuthOn, limitOf, oursOn, scryptOf, withField } from '../harness/field.ts'
import { interleave, measured } from '../harness/interleave.ts'
import { profileMissed } from '../harness/profile-missed.ts'
import { compare } from '../harness/verdict.ts'

const stubbed = [
  'password sign-in, hash stubbed, one at a time',
  'password sign-in, hash stubbed, 20 at a time',
] as const
const hashed = 'password sign-in, argon2id 19 MiB/2/1, 20 at a time'

/** Address and password on a known device, until the session is open. */
export const signIn: Benchmark = {
  name: 'sign-in',
  title: 'Password sign-in',
  bars: ['B3'],
  async run(run) {
    const engine = await stubbedRun(run)
    const whole = await hashedRun(run)
    return {
      measurements: [...engine.measurements, ...whole.measurements],
      verdicts: [...engine.verdicts, ...whole.verdicts],
      profiles: engine.profiles,
      notes: [
        'Latchkey charges three budgets before it looks at the password and writes an audit row with the session; the peers do neither.',
        'Two durable commits, an upsert of a counter and an insert of a session, are what remains of a sign-in when nothing is left to decide: the charge must stand before the password is looked at.',
        'The raw hash pool verifies with the same binding and parameters, two at a time.',
      ],
    }
  },
}

async function stubbedRun(run: Run): Promise<{
  measurements: readonly Measurement[]
  verdicts: readonly Verdict[]
  profiles: Awaited<ReturnType<typeof profileMissed>>
}> {
  const stub = { stubHash: true }
  const entrants = [
    oursOn('memory', stub),
    oursOn('sqlite', stub),
    oursOn('postgres', stub),
    oursOn('mysql', stub),
    betterAuthOn('sqlite', stub),
    betterAuthOn('postgres', stub),
    authJs(stub),
    limitOf('limit: two durable commits, SQLite', 'sqlite-commits'),
    limitOf('limit: two durable commits, PostgreSQL', 'postgres-commits', { database: 'postgres' }),
  ]
  return withField(run, entrants, async (field) => {
    const measurements = [
      ...(await interleave(run, field, { work: stubbed[0], operation: 'sign-in', concurrency: 1 })),
      ...(await interleave(run, field, { work: stubbed[1], operation: 'sign-in', concurrency: 20 })),
    ]
    const verdicts = stubbed.flatMap((work) =>
      ['SQLite', 'PostgreSQL'].map((name) =>
        compare({
          bar: 'B3',
          what: `${work}, ${name}`,
          ours: measured(measurements, work, `Latchkey, ${name}`),
          against: measured(measurements, work, `better-auth, ${name}`),
          metric: 'perSecond',
          atLeast: 10,
        }),
      ),
    )
    const profiles = await profileMissed(run, field, verdicts, { operation: 'sign-in', concurrency: 20 })
    return { measurements, verdicts, profiles }
  })
}

async function hashedRun(run: Run): Promise<{ measurements: readonly Measurement[]; verdicts: readonly Verdict[] }> {
  const few = { people: run.quick ? 4 : 20 }
  const pool = 'limit: raw hash pool of 2'
  const entrants = [
    oursOn('sqlite', few),
    oursOn('postgres', few),
    limitOf(pool, 'hash-pool'),
    betterAuthOn('sqlite', few),
    // Slow, and judged by no bar.
    ...(run.quick ? [] : [scryptOf(few), authJs(few)]),
  ]
  return withField(run, entrants, async (field) => {
    const work = hashed
    // About a hundred a second: shorter rounds would be counted in single sign-ins.
    const roundMs = run.quick ? 200 : 3_000
    const measurements = await interleave(run, field, { work, operation: 'sign-in', concurrency: 20, roundMs })
    const verdicts = ['SQLite', 'PostgreSQL'].map((name) =>
      compare({
        bar: 'B3',
        what: `${work}, ${name}, of the raw pool`,
        ours: measured(measurements, work, `Latchkey, ${name}`),
        against: measured(measurements, work, pool),
        metric: 'perSecond',
        atLeast: 0.97,
      }),
    )
    return { measurements, verdicts }
  })
}
