import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth, type BetterAuthOptions, type BetterAuthPlugin } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { emailOTP, magicLink, twoFactor } from 'better-auth/plugins'
import BetterSqlite3 from 'better-sqlite3'
import { Redis } from 'ioredis'
import pg from 'pg'
import { addressOf, createBrowser, inParallel, type Browser } from '../harness/browser.ts'
import { checkHeaders, checkRequests } from '../harness/check-requests.ts'
import type { Contestant, ContestantOptions } from '../harness/contestant.ts'
import { createPostgresDatabase, createSqliteFile, redisUrl, type Database } from '../harness/databases.ts'
import { createHasher } from '../harness/hasher.ts'
import { createMails, type Mails } from '../harness/mails.ts'
import { benchPassword } from '../harness/people.ts'
import type { ScenarioName } from '../harness/scenarios.ts'
import { betterAuthScenarios } from './better-auth-scenarios.ts'
import { betterAuthOperations } from './better-auth-operations.ts'

const base = 'http://localhost:4000/api/auth'

export interface PeerPerson {
  readonly email: string
  readonly browser: Browser
}

export interface PeerBench {
  readonly people: readonly PeerPerson[]
  readonly mails: Mails
  newBrowser(): Browser
  newEmail(): string
  /** Every address counts as proved. */
  markVerified(): Promise<void>
  /** The same database, configured so that a sign-up mails a code that proves the address. */
  newProvingBrowser(): Browser
  /** The same database, configured so that every check renews the session. */
  refreshing(browser: Browser): Browser
}

/**
 * better-auth as its documents set it up, but faster where it is free to be: SQLite in WAL mode with the durability of ours, its rate
 * limiter off, only the plug-ins that an operation needs.
 */
export async function create(options: ContestantOptions): Promise<Contestant & Record<string, unknown>> {
  const [database, connection] = await openDatabase(options)
  const redis = options.redis === true ? new Redis(redisUrl) : undefined
  const keyPrefix = `latchkey-bench-${process.pid}:`
  const mails = createMails()
  const session = options.cache === true ? { cookieCache: { enabled: true, maxAge: 300 } } : {}
  const configuration: BetterAuthOptions = {
    database: connection,
    baseURL: 'http://localhost:4000',
    secret: 'a secret for the benchmarks that is long enough',
    emailAndPassword: { enabled: true, ...hashing(options) },
    rateLimit: { enabled: options['limits'] === true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    session,
    ...(redis === undefined ? {} : { secondaryStorage: redisStorage({ client: redis as never, keyPrefix }) }),
    ...(options['limits'] === true ? { advanced: { ipAddress: { ipAddressHeaders: ['x-client-address'] } } } : {}),
    plugins: options.methods === true ? plugins(mails) : [],
  }
  const { runMigrations } = await getMigrations(configuration)
  await runMigrations()
  const auth = betterAuth(configuration)
  const proving =
    options.methods === true
      ? betterAuth({ ...configuration, plugins: plugins(mails, { sendVerificationOnSignUp: true }) })
      : auth
  const renewing = betterAuth({ ...configuration, session: { ...session, updateAge: 0 } })
  let visitors = 0
  const browserOf = (handler: typeof auth.handler): Browser =>
    createBrowser(
      (request, remoteAddress) => {
        if (options['limits'] === true) request.headers.set('x-client-address', remoteAddress)
        return handler(request)
      },
      base,
      addressOf(++visitors),
    )
  const newEmail = (): string => `person-${process.pid}-${++visitors}@example.com`
  const people = await inParallel(options.people ?? 200, async () => {
    const email = newEmail()
    const browser = browserOf(auth.handler)
    const answer = await browser.send('POST', '/sign-up/email', { email, password: benchPassword, name: 'Ada' })
    if (answer.status !== 200) throw new Error(`no account: ${answer.status} ${answer.text}`)
    return { email, browser }
  })
  // It takes the password of an unproved account away when its address is proved by mail; ours are proved as well.
  const markVerified = async (): Promise<void> => {
    if (connection instanceof pg.Pool) await connection.query('UPDATE "user" SET "emailVerified" = true')
    else connection.exec('UPDATE user SET emailVerified = 1')
  }
  await markVerified()
  const bench: PeerBench = {
    people,
    mails,
    newEmail,
    markVerified,
    newBrowser: () => browserOf(auth.handler),
    newProvingBrowser: () => browserOf(proving.handler),
    refreshing(browser) {
      const own = browserOf(renewing.handler)
      for (const [name, value] of browser.cookies) own.cookies.set(name, value)
      return own
    },
  }
  const cookies = people.map(({ browser }) => browser.cookieHeader())
  return {
    operations: {
      'session-check': checkRequests({ handle: auth.handler, url: `${base}/get-session`, cookies }),
      'get-session': checkHeaders((headers) => auth.api.getSession({ headers }), cookies),
      ...betterAuthOperations(bench),
    },
    async listen() {
      const handler = toNodeHandler(auth)
      const server = createServer((request, response) => void handler(request, response))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const cookie = people[0]?.browser.cookieHeader() ?? ''
      return { port: (server.address() as AddressInfo).port, target: '/api/auth/get-session', headers: { cookie } }
    },
    scenario: (name: ScenarioName) => betterAuthScenarios(bench)[name](),
    databaseUrl: () => Promise.resolve(database.url),
    async close() {
      if (redis !== undefined) {
        const keys = await redis.keys(`${keyPrefix}*`)
        if (keys.length > 0) await redis.del(...keys)
        redis.disconnect()
      }
      if (connection instanceof pg.Pool) await connection.end()
      else connection.close()
      await database.drop()
    },
  }
}

function plugins(mails: Mails, code: { readonly sendVerificationOnSignUp?: boolean } = {}): BetterAuthPlugin[] {
  return [
    magicLink({ sendMagicLink: async ({ email, url }) => mails.deliver(email, url) }),
    emailOTP({ ...code, sendVerificationOTP: async ({ email, otp }) => mails.deliver(email, otp) }),
    twoFactor(),
  ]
}

/** `default` is its own scrypt; everything else the hasher that ours has too. */
function hashing(options: ContestantOptions): object {
  return options['hasher'] === 'default' ? {} : { password: createHasher(options) }
}

async function openDatabase(
  options: ContestantOptions,
): Promise<readonly [Database, BetterSqlite3.Database | pg.Pool]> {
  if (options.database === 'postgres') {
    const database = await createPostgresDatabase()
    const url = typeof options['through'] === 'string' ? options['through'] : database.url
    const pool = new pg.Pool({ connectionString: url, max: 12 })
    pool.on('error', () => undefined)
    return [database, pool]
  }
  const database = await createSqliteFile()
  const connection = new BetterSqlite3(database.url)
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  return [database, connection]
}
