import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuth, type AuthOptions } from 'latchkey'
import { emailCode } from 'latchkey/email-code'
import { magicLink } from 'latchkey/magic-link'
import { createMemoryStorage } from 'latchkey/memory'
import { createMysqlStorage } from 'latchkey/mysql'
import { toNodeHandler } from 'latchkey/node'
import { password } from 'latchkey/password'
import { createPostgresStorage } from 'latchkey/postgres'
import { recoveryCode } from 'latchkey/recovery-code'
import { createSqliteStorage } from 'latchkey/sqlite'
import { totp } from 'latchkey/totp'
import { addressOf, createBrowser, expectStatus, inParallel, type Browser } from '../harness/browser.ts'
import { checkHeaders, checkRequests } from '../harness/check-requests.ts'
import type { Contestant, ContestantOptions } from '../harness/contestant.ts'
import { createMysqlDatabase, createPostgresDatabase, createSqliteFile, type Database } from '../harness/databases.ts'
import { codeIn, createMails } from '../harness/mails.ts'
import { benchPassword } from '../harness/people.ts'
import type { ScenarioName } from '../harness/scenarios.ts'
import { latchkeyOperations, signedIn, type Bench, type Person } from './latchkey-operations.ts'
import { entryPaths, timePairs } from './latchkey-pairs.ts'
import { openSessions, revoke, watch } from './latchkey-watch.ts'
import { latchkeyScenarios } from './latchkey-scenarios.ts'
import { secondSteps } from './latchkey-second-steps.ts'

const base = 'http://localhost:4000/auth'

/** Our engine, in its default configuration: limits, audit log, outbox and known devices included. */
export async function create(options: ContestantOptions): Promise<Contestant & Record<string, unknown>> {
  const database = await databaseOf(options)
  const storage = await openStorage(options, options.url ?? database?.url)
  await storage.migrate()
  const mails = createMails()
  let aheadMs = 0
  const now = (): number => Date.now() + aheadMs
  const settings = {
    ...(options.cache === true ? {} : { sessionCache: false as const }),
    // The peer has no cap; ending the oldest session would be work that it does not do.
    session: { maxPerUser: 1_000 },
    ...(options['settings'] as Partial<AuthOptions> | undefined),
  }
  const auth = createAuth({
    storage,
    secret: 'a secret for the benchmarks that is long enough',
    publicUrl: 'http://localhost:4000',
    methods: [password(), emailCode(), ...(options.methods === true ? [magicLink(), totp(), recoveryCode()] : [])],
    mail: { send: async ({ to, text }) => mails.deliver(to, text) },
    breachedPasswords: false,
    unsafeMemoryStorage: { reason: 'a benchmark' },
    clock: { now },
    ...settings,
  })
  let visitors = 0
  const newBrowser = (): Browser =>
    createBrowser((request, remoteAddress) => auth.handle(request, { remoteAddress }), base, addressOf(++visitors))
  const bench: Omit<Bench, 'people' | 'strangers' | 'newPerson'> = {
    newBrowser,
    newEmail: () => `person-${process.pid}-${++visitors}@example.com`,
    async withMail(to, send) {
      const mail = mails.expect(to)
      const answer = await send()
      if (answer.status !== 200) return [answer, '']
      return [answer, await mail]
    },
    passTime: (ms) => void (aheadMs += ms),
    now,
  }
  const people = await inParallel(options.people ?? 200, signUpPerson)
  const all: Bench = { ...bench, people, strangers: people.map(bench.newEmail), newPerson: signUpPerson }

  async function signUpPerson(): Promise<Person> {
    const email = bench.newEmail()
    const created = await auth.users.create({ email, password: benchPassword, emailVerified: true })
    if (!created.ok) throw new Error(`no account: ${created.reason}`)
    const browser = newBrowser()
    const [started, mail] = await bench.withMail(email, () =>
      browser.send('POST', '/sign-in/password', { email, password: benchPassword }),
    )
    expectStatus(started, 200, 'sign-in')
    const { attempt } = started.json<{ attempt: string }>()
    await signedIn(browser.send('POST', '/sign-in/factor/email-code', { attempt, code: codeIn(mail) }))
    return { email, browser }
  }

  const cookies =
    options.cookies ??
    (options.sessions === undefined
      ? people.map(({ browser }) => browser.cookieHeader())
      : await openSessions(all, options.sessions))
  const checks = {
    'session-check': checkRequests({
      handle: (request, remoteAddress) => auth.handle(request, { remoteAddress }),
      url: `${base}/session`,
      cookies,
    }),
    'get-session': checkHeaders((headers) => auth.getSession({ headers }), cookies),
  }
  return {
    operations: { ...checks, ...latchkeyOperations(all), ...(options.methods === true ? secondSteps(all) : {}) },
    async listen() {
      const server = createServer(toNodeHandler(auth))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const cookie = people[0]?.browser.cookieHeader() ?? ''
      return { port: (server.address() as AddressInfo).port, target: '/auth/session', headers: { cookie } }
    },
    /** Cookies of people, for other processes to ask with. */
    cookies: () => Promise.resolve(cookies),
    databaseUrl: () => Promise.resolve(database?.url),
    entryPaths: () => Promise.resolve(entryPaths(auth)),
    openSessions: (count: number) => openSessions(all, count),
    revoke: (cookie: string) => revoke(auth, base, cookie),
    watch: (asked: { cookie: string; intervalMs: number; durationMs: number }) => watch(auth, `${base}/session`, asked),
    scenario: (name: ScenarioName) => latchkeyScenarios(all)[name](),
    pairs: (asked: { path: string; pairs: number }) => timePairs(auth, all, base, asked),
    async close() {
      await auth.close()
      await storage.close()
      await database?.drop()
    },
  }
}

async function databaseOf({ database = 'memory', url }: ContestantOptions): Promise<Database | undefined> {
  if (url !== undefined) return undefined
  switch (database) {
    case 'sqlite':
      return createSqliteFile()
    case 'postgres':
      return createPostgresDatabase()
    case 'mysql':
      return createMysqlDatabase()
    case 'memory':
      return undefined
  }
}

async function openStorage(
  { database = 'memory' }: ContestantOptions,
  url = '',
): Promise<ReturnType<typeof createMemoryStorage>> {
  switch (database) {
    case 'sqlite':
      return createSqliteStorage({ filename: url })
    case 'postgres':
      return createPostgresStorage({ url })
    case 'mysql':
      return createMysqlStorage({ url })
    case 'memory':
      return createMemoryStorage()
  }
}
