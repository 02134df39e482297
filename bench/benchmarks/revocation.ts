import { setTimeout as sleep } from 'node:timers/promises'
import type { Watched } from '../contestants/latchkey-watch.ts'
import type { Benchmark, Measurement, Run, Verdict } from '../harness/benchmark.ts'
import { startContestant, type ContestantProcess } from '../harness/contestant-process.ts'
import { createPostgresDatabase, onPostgres, type Database } from '../harness/databases.ts'
import { quantile } from '../harness/statistics.ts'
import { limit, notMeasured, number } from '../harness/verdict.ts'
import { openWire, type Wire } from '../harness/wire.ts'

const work = 'a session that one node ended, seen by another (PostgreSQL, sessions cached)'
const hardBoundMs = 2_000

interface Setting {
  readonly ending: ContestantProcess
  readonly watching: ContestantProcess
  readonly wire: Wire
  readonly database: Database
}

/** What is done to the watching node's way to the database just before a session ends on the other node. */
const faults: Readonly<Record<string, (setting: Setting) => Promise<unknown> | void>> = {
  'feed cut: its connections are closed': ({ wire }) => wire.cut(),
  'kill: every backend of the database is terminated': ({ database }) =>
    onPostgres(
      (client) =>
        client.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        ),
      database.url,
    ),
  'pooler: notifications never arrive': ({ wire }) => wire.dropNotifications(true),
  'half-open: nothing passes, nobody is told': ({ wire }) => wire.stall(true),
}

/** How long does a session live on elsewhere? */
export const revocation: Benchmark = {
  name: 'revocation',
  title: 'Revocation on another node',
  bars: ['B9'],
  async run(run) {
    if (!run.servers.postgres)
      return { measurements: [], verdicts: [notMeasured('B9', 'revocation', 'no PostgreSQL answers')] }
    const database = await createPostgresDatabase()
    const wire = await openWire(database.url)
    const node = { database: 'postgres', stubHash: true, cache: true } as const
    const ending = await startContestant('node that ends', 'latchkey', { ...node, url: database.url, people: 30 })
    const cookies = await ending.ask<readonly string[]>('cookies')
    const watching = await startContestant('node that watches', 'latchkey', {
      ...node,
      url: wire.url,
      people: 0,
      cookies,
    })
    const setting = { ending, watching, wire, database }
    try {
      const calm = await underLoad(run, setting)
      const measurements = [calm.measurement]
      const verdicts: Verdict[] = [
        limit({ bar: 'B9', what: 'p99 under load', value: calm.p99Ms, unit: 'ms', atMost: 100 }),
        calm.verdict,
      ]
      for (const [name, strike] of Object.entries(faults).slice(run.quick ? 3 : 0)) {
        const found = await underFault(run, setting, name, strike)
        measurements.push(found.measurement)
        verdicts.push(found.verdict)
      }
      return {
        measurements,
        verdicts,
        notes: [
          'From the answer to the sign-out on one node to the beginning of the last check that the other node still answered with the session. Count is the number of sessions that were ended.',
          'Under load both nodes answer session checks and one signs people in all the while.',
        ],
      }
    } finally {
      await Promise.all([ending.close(), watching.close()])
      wire.close()
      await database.drop()
    }
  },
}

interface Found {
  readonly measurement: Measurement
  readonly verdict: Verdict
  readonly p99Ms: number
}

async function underLoad(run: Run, setting: Setting): Promise<Found> {
  const { ending, watching } = setting
  const batches = run.quick ? 1 : 25
  const lags: number[] = []
  for (let batch = 0; batch < batches; batch++) {
    const cookies = await ending.ask<readonly string[]>('openSessions', 8)
    const load = Promise.all([
      watching.round({ operation: 'session-check', concurrency: 4, durationMs: 500 }),
      ending.round({ operation: 'sign-in', concurrency: 2, durationMs: 500 }),
    ])
    lags.push(...(await lagsOf(setting, cookies, { intervalMs: 2, durationMs: 700 })))
    await load
  }
  return foundOf(run, 'under load', lags)
}

async function underFault(run: Run, setting: Setting, name: string, strike: (typeof faults)[string]): Promise<Found> {
  const lags: number[] = []
  for (let round = 0; round < (run.quick ? 1 : 5); round++) {
    const cookies = await setting.ending.ask<readonly string[]>('openSessions', 4)
    const options = { intervalMs: 5, durationMs: run.quick ? 2_500 : 3_500 }
    lags.push(...(await lagsOf(setting, cookies, options, () => strike(setting))))
    setting.wire.dropNotifications(false)
    setting.wire.stall(false)
    // What was swallowed makes old connections useless; new ones begin well.
    setting.wire.cut()
    await sleep(1_500)
  }
  return foundOf(run, name, lags)
}

async function lagsOf(
  { ending, watching }: Setting,
  cookies: readonly string[],
  options: { readonly intervalMs: number; readonly durationMs: number },
  strike: () => Promise<unknown> | void = () => undefined,
): Promise<readonly number[]> {
  const once = { intervalMs: 1, durationMs: 1 }
  for (const cookie of cookies) {
    const { accepted } = await watching.ask<Watched>('watch', { cookie, ...once })
    if (accepted === 0) throw new Error('a session that is open was not seen')
  }
  const watches = cookies.map((cookie) => watching.ask<Watched>('watch', { cookie, ...options }))
  await sleep(150)
  await strike()
  const endedAt = await Promise.all(cookies.map((cookie) => ending.ask<number>('revoke', cookie)))
  const watched = await Promise.all(watches)
  return watched.map(({ lastAcceptedAtMs }, index) => Math.max(0, (lastAcceptedAtMs ?? 0) - (endedAt[index] ?? 0)))
}

function foundOf(run: Run, contestant: string, lags: readonly number[]): Found {
  const late = lags.filter((lag) => lag > hardBoundMs).length
  const p99Ms = quantile(lags, 0.99)
  run.say(
    `  ${contestant}: p50 ${number(quantile(lags, 0.5))} ms, p99 ${number(p99Ms)} ms, ${late} of ${lags.length} late`,
  )
  return {
    p99Ms,
    measurement: {
      work,
      contestant: `Latchkey, ${contestant}`,
      metrics: { p50Ms: [quantile(lags, 0.5)], p99Ms: [p99Ms], count: [lags.length] },
    },
    verdict: limit({ bar: 'B9', what: `accepted after 2 s, ${contestant}`, value: late, unit: 'sessions', atMost: 0 }),
  }
}
