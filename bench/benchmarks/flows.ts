import type { Benchmark, Measurement, Verdict } from '../harness/benchmark.ts'
import { betterAuthOn, oursOn, withField } from '../harness/field.ts'
import { interleave, measured } from '../harness/interleave.ts'
import { profileMissed } from '../harness/profile-missed.ts'
import { compare } from '../harness/verdict.ts'

const works = {
  'sign-up': 'sign-up',
  'sign-up-proved': 'sign-up until the address is proved',
  'sign-out': 'sign-out',
  'magic-link': 'magic link, asked for, mailed and used',
  'email-code': 'e-mail code, asked for, mailed and given',
  totp: 'authenticator code as second step',
  refresh: 'session refresh',
} as const

/** Everything else that people do, with the audit row and the outbox of ours. */
export const flows: Benchmark = {
  name: 'flows',
  title: 'Sign-up, sign-out, magic link, e-mail code, authenticator, refresh',
  bars: ['B5'],
  async run(run) {
    // Codes of one person cannot be asked for twice at once.
    const options = { stubHash: true, methods: true, people: Math.max(run.people, 12) }
    const entrants = [
      oursOn('sqlite', options),
      betterAuthOn('sqlite', options),
      oursOn('postgres', options),
      betterAuthOn('postgres', options),
    ]
    return withField(run, entrants, async (field) => {
      const measurements: Measurement[] = []
      const verdicts: Verdict[] = []
      const profiles: Awaited<ReturnType<typeof profileMissed>>[number][] = []
      for (const operation of Object.keys(works) as (keyof typeof works)[]) {
        const own: Verdict[] = []
        for (const concurrency of [1, run.quick ? 4 : 16]) {
          const work = `${works[operation]}, ${concurrency === 1 ? 'one' : concurrency} at a time`
          measurements.push(...(await interleave(run, field, { work, operation, concurrency })))
          own.push(...verdictsOf(measurements, work))
        }
        verdicts.push(...own)
        profiles.push(...(await profileMissed(run, field, own, { operation, concurrency: 16 })))
      }
      return { measurements, verdicts, profiles, notes }
    })
  },
}

const notes = [
  'Sign-up of ours is two requests and a mail: the account exists once the address is proved. The peer’s is one request and proves nothing; “until the address is proved” has it mail a code and take it back as well.',
  'The mail of ours goes through the outbox: a row in the commit, a lease, the transport, a receipt. The peer calls its transport in the request.',
  'Refresh: ours turns a refresh token and signs an access token; the peer renews the session’s expiry in its row.',
]

function verdictsOf(measurements: readonly Measurement[], work: string): readonly Verdict[] {
  return ['SQLite', 'PostgreSQL'].map((name) =>
    compare({
      bar: 'B5',
      what: `${work}, ${name}`,
      ours: measured(measurements, work, `Latchkey, ${name}`),
      against: measured(measurements, work, `better-auth, ${name}`),
      metric: 'perSecond',
      atLeast: 8,
    }),
  )
}
