import type { Benchmark, Verdict } from '../harness/benchmark.ts'
import { startContestant, type ContestantProcess } from '../harness/contestant-process.ts'
import type { ContestantOptions } from '../harness/contestant.ts'
import type { ScenarioName } from '../harness/scenarios.ts'

interface Case {
  readonly what: string
  readonly of: string
  /** How many are right. */
  readonly atMost: number
  /** Which configuration of the peer was seen to get it wrong. */
  readonly peer: 'plain' | 'redis' | 'cookieCache'
}

const cases: Readonly<Record<ScenarioName, Case>> = {
  skippedFactor: {
    what: 'sessions opened by e-mail code and magic link alone, with an authenticator app enrolled',
    of: '2',
    atMost: 0,
    peer: 'plain',
  },
  replayedCode: { what: 'one authenticator code given five times: accepted', of: '5', atMost: 1, peer: 'plain' },
  manyNetworks: {
    what: 'passwords of one account guessed from 200 networks: evaluated',
    of: '200',
    atMost: 10,
    peer: 'plain',
  },
  resentCodes: { what: 'e-mailed codes guessed, with 100 resends: evaluated', of: '300', atMost: 5, peer: 'plain' },
  starvedCode: { what: 'right e-mailed codes refused while nine strangers guess', of: '10', atMost: 0, peer: 'plain' },
  parallelGuesses: {
    what: 'authenticator codes guessed in parallel by who has the password: evaluated',
    of: '100',
    atMost: 20,
    peer: 'plain',
  },
  revokedOthers: {
    what: 'sessions alive after “end all others”, signed in at once',
    of: '51',
    atMost: 0,
    peer: 'redis',
  },
  racedSignOut: { what: 'sessions alive after a sign-out that met a refresh', of: '50', atMost: 0, peer: 'redis' },
  cachedRevocation: {
    what: 'a session that was ended elsewhere, cached, still answers',
    of: '1',
    atMost: 0,
    peer: 'cookieCache',
  },
}

/** What peers were seen to get wrong, tried again in the same harness on both sides. */
export const correctness: Benchmark = {
  name: 'correctness',
  title: 'What goes wrong elsewhere',
  bars: [],
  async run(run) {
    const common = { stubHash: true, methods: true, people: 1 }
    const peers: Readonly<Record<Case['peer'], ContestantOptions>> = {
      plain: { ...common, database: 'sqlite', limits: true },
      redis: { ...common, database: 'sqlite', redis: true },
      cookieCache: { ...common, database: 'sqlite', cache: true },
    }
    const verdicts: Verdict[] = []
    const running = new Map<string, ContestantProcess>()
    const ours = await startContestant('Latchkey', 'latchkey', { ...common, database: 'sqlite', cache: true })
    try {
      for (const [name, { what, of, atMost, peer }] of Object.entries(cases)) {
        const mine = await ours.ask<number>('scenario', name)
        const isThere = peer !== 'redis' || run.servers.redis
        if (isThere && !running.has(peer))
          running.set(peer, await startContestant(`better-auth, ${peer}`, 'better-auth', peers[peer]))
        const theirs = await running.get(peer)?.ask<number>('scenario', name)
        run.say(`  ${what}: better-auth ${theirs ?? '–'}, Latchkey ${mine} of ${of}`)
        verdicts.push({
          bar: 'correctness',
          what,
          ours: `${mine} of ${of}`,
          against: theirs === undefined ? '–' : `better-auth${peerNames[peer]}: ${theirs} of ${of}`,
          ratio: '–',
          wanted: `≤ ${atMost}`,
          met: mine <= atMost,
        })
      }
    } finally {
      await Promise.all([ours, ...running.values()].map((process) => process.close()))
    }
    return {
      measurements: [],
      verdicts,
      notes: [
        'Here better-auth runs with its rate limiter on, as it does by default in production, each visitor with an address of its own.',
      ],
    }
  },
}

const peerNames = { plain: '', redis: ' with Redis', cookieCache: ' with cookie cache' } as const
