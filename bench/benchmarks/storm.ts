import type { Benchmark, Measurement, Run, Verdict } from '../harness/benchmark.ts'
import type { ContestantProcess } from '../harness/contestant-process.ts'
import type { Listening } from '../harness/contestant.ts'
import { authJs, betterAuthOn, limitOf, oursOn, scryptOf, withField } from '../harness/field.ts'
import { measured } from '../harness/interleave.ts'
import { closedLoop, openLoop } from '../harness/load.ts'
import { median, quantile } from '../harness/statistics.ts'
import { compare, number } from '../harness/verdict.ts'

const idle = 'session check at a quarter of the idle maximum, nothing else'
const storming = 'the same while 20 sign-ins run (argon2id)'

/** Do sign-ins slow down those who are signed in already? */
export const storm: Benchmark = {
  name: 'storm',
  title: 'Session checks while 20 sign-ins run',
  bars: ['B4'],
  async run(run) {
    const few = { people: run.quick ? 4 : 20 }
    const entrants = [
      oursOn('sqlite', few),
      oursOn('postgres', few),
      betterAuthOn('sqlite', few),
      betterAuthOn('postgres', few),
      // Judged by no bar.
      ...(run.quick
        ? []
        : [
            scryptOf(few),
            authJs(few),
            limitOf('limit: node:http + HMAC + SQLite join + hash pool of 2', 'sqlite-join'),
          ]),
    ]
    return withField(run, entrants, async (field) => {
      const measurements = await underStorm(run, field)
      return {
        measurements,
        verdicts: verdictsOf(measurements),
        notes: [
          'Open loop: requests fall due at a fixed rate and their time counts from then, so a server that stalls does not slow the questions down. The rate is a quarter of what the same server did idle in the same run; both phases keep the same schedule.',
          'The sign-ins run in the server process through its handler, 20 at any time.',
        ],
      }
    })
  },
}

async function underStorm(run: Run, field: readonly ContestantProcess[]): Promise<readonly Measurement[]> {
  const durationMs = run.quick ? 300 : 4_000
  const rounds = run.quick ? 1 : Math.max(5, run.rounds - 2)
  const servers: (Listening & { readonly contestant: ContestantProcess; readonly rate: number })[] = []
  for (const contestant of field) {
    const listening = await contestant.listen()
    await closedLoop(listening, { connections: 32, durationMs: run.roundMs })
    const { perSecond } = await closedLoop(listening, { connections: 32, durationMs: run.roundMs })
    servers.push({ ...listening, contestant, rate: perSecond / 4 })
  }
  const columns = new Map<string, { p50Ms: number[]; p99Ms: number[] }>()
  const note = (work: string, contestant: string, latenciesMs: readonly number[]): void => {
    const column = columns.get(`${work}|${contestant}`) ?? { p50Ms: [], p99Ms: [] }
    columns.set(`${work}|${contestant}`, column)
    column.p50Ms.push(quantile(latenciesMs, 0.5))
    column.p99Ms.push(quantile(latenciesMs, 0.99))
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contestant, rate, ...target } of servers) {
      const schedule = { perSecond: rate, durationMs, connections: 64 }
      note(idle, contestant.label, (await openLoop(target, schedule)).latenciesMs)
      const signIns = contestant.round({ operation: 'sign-in', concurrency: 20, durationMs: durationMs + 300 })
      await new Promise((resolve) => setTimeout(resolve, 150))
      note(storming, contestant.label, (await openLoop(target, schedule)).latenciesMs)
      await signIns
    }
  }
  return [idle, storming].flatMap((work) =>
    servers.map(({ contestant, rate }) => {
      const column = columns.get(`${work}|${contestant.label}`) ?? { p50Ms: [], p99Ms: [] }
      if (work === storming) run.say(`  ${contestant.label}: ${number(rate)}/s, p99 ${number(median(column.p99Ms))} ms`)
      return { work, contestant: contestant.label, metrics: { ...column, perSecond: column.p99Ms.map(() => rate) } }
    }),
  )
}

function verdictsOf(measurements: readonly Measurement[]): readonly Verdict[] {
  return ['SQLite', 'PostgreSQL'].flatMap((name) => {
    const ours = measured(measurements, storming, `Latchkey, ${name}`)
    const calm = measured(measurements, idle, `Latchkey, ${name}`)
    const peer = measured(measurements, storming, `better-auth, ${name}`)
    return [
      compare({
        bar: 'B4',
        what: `${name}: p99 ms under sign-ins, of its idle p99`,
        ours,
        against: calm && { ...calm, contestant: 'idle' },
        metric: 'p99Ms',
        atMost: 3,
        orOursAtMost: 5,
      }),
      compare({
        bar: 'B4',
        what: `${name}: p99 ms under sign-ins`,
        ours,
        against: peer,
        metric: 'p99Ms',
        atMost: 0.05,
      }),
    ]
  })
}
