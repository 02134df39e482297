import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { personLabel } from '../../packages/latchkey/src/audit/append-event.ts'
import { systemRandom } from '../../packages/latchkey/src/platform/random.ts'
import { createKeyRing } from '../../packages/latchkey/src/secrets/key-ring.ts'
import { createPostgresDatabase, postgresIsThere } from '../databases/servers.ts'
import { callAsApp } from '../journey/browser.ts'
import { eventually } from '../journey/eventually.ts'
import { parseMail, smtpInbox } from '../journey/mails.ts'
import { startServer, type MailServer } from '../mail-server.ts'
import { productionSettings } from './production.ts'
import { freePort, startServerProcess, type ServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const kills = Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? '3')
/** `npm run test:full` waits for leases too. */
const isFull = kills >= 20
const password = 'correct horse battery staple'
/** Each waits for one mail at a time. */
const people = 6

const generous: Readonly<Record<string, string>> = Object.fromEntries(
  ['CODE_PER_ACCOUNT', 'CODE_PER_NETWORK', 'MAIL_PER_NETWORK', 'SIGN_UP_PER_NETWORK'].map((name) => [
    `LATCHKEY_LIMIT_${name}`,
    '1000/1m',
  ]),
)

/** Raw SQL from outside, whatever the process is doing or was doing when it died. */
type Query = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

function sqliteQuery(directory: string): Query {
  return (sql) => {
    const database = new Database(join(directory, 'data/latchkey.db'))
    const rows = database.prepare(sql).all() as Readonly<Record<string, unknown>>[]
    database.close()
    return Promise.resolve(rows)
  }
}

async function count(query: Query, table: string, condition: string): Promise<number> {
  const [row] = await query(`SELECT count(*) AS n FROM latchkey_${table} WHERE ${condition}`)
  return Number(row?.['n'])
}

interface Registrations {
  /** The addresses in each place, in order: what one commit wrote must stand in all of them. */
  readonly challenges: readonly string[]
  readonly events: readonly string[]
  readonly mails: readonly string[]
}

/** Two of the three places are sealed; whoever has the secret reads the addresses there. */
async function readRegistrations(query: Query, secret: string): Promise<Registrations> {
  const keys = createKeyRing([secret], systemRandom)
  const open = (label: string, sealed: unknown): string =>
    (JSON.parse(keys.open(label, String(sealed))) as { readonly email: string }).email
  const challenges = await query(`SELECT id, data FROM latchkey_challenge WHERE purpose = 'sign-up'`)
  const events = await query(`SELECT id, person FROM latchkey_event WHERE kind = 'sign_up.started'`)
  const mails = await query(`SELECT recipient FROM latchkey_message WHERE template = 'sign-up-code'`)
  return {
    challenges: challenges.map(({ id, data }) => open(`challenge/sign-up/${String(id)}`, data)).toSorted(),
    events: events.map(({ id, person }) => open(personLabel(String(id)), person)).toSorted(),
    mails: mails.map(({ recipient }) => String(recipient)).toSorted(),
  }
}

/** People who register and prove their address, several at once, until the server is gone. */
async function registerUntilItDies(server: ServerProcess, mailServer: MailServer, prefix: string): Promise<void> {
  const inbox = smtpInbox(mailServer)
  const person = async (name: string): Promise<void> => {
    for (let turn = 0; server.child.exitCode === null && server.child.signalCode === null; turn++) {
      const email = `${prefix}-${name}-${turn}@example.com`
      try {
        const body = { email, password, mode: 'token' }
        const { attempt } = (await callAsApp(server.url, 'POST', '/sign-up', { body })).body
        const proving = inbox
          .next(email)
          .then(({ code }) => callAsApp(server.url, 'POST', '/sign-in/factor/email-code', { body: { attempt, code } }))
        await Promise.race([proving, server.ended])
        proving.catch(() => undefined)
      } catch {
        // The connection went with the process.
      }
    }
  }
  await Promise.all(Array.from({ length: people }, (_, index) => person(String(index))))
}

describe('a server that is killed', () => {
  it(`under load ${kills} times on SQLite leaves whole registrations only, and their mails still leave`, async () => {
    const directory = temporaryFolder()
    await killUnderLoad({ directory, query: sqliteQuery(directory) })
  }, 300_000)

  it.runIf(postgresIsThere)(
    `under load ${kills} times on PostgreSQL leaves whole registrations only, and their mails still leave`,
    async () => {
      const database = await createPostgresDatabase()
      onTestFinished(() => database.drop())
      await killUnderLoad({ directory: temporaryFolder(), query: database.query, databaseUrl: database.url })
    },
    300_000,
  )
})

async function killUnderLoad(place: {
  readonly directory: string
  readonly query: Query
  readonly databaseUrl?: string
}): Promise<void> {
  const { directory, query, databaseUrl } = place
  const mailServer = await startServer()
  const port = await freePort()
  const secret = randomBytes(32).toString('base64url')
  const settings = { publicUrl: `http://localhost:${port}`, smtpPort: mailServer.port }
  const environment = {
    ...productionSettings(databaseUrl === undefined ? settings : { ...settings, databaseUrl }, secret),
    ...generous,
  }
  for (let kill = 0; kill < kills; kill++) {
    const server = await startServerProcess({ directory, port, environment })
    const load = registerUntilItDies(server, mailServer, `k${kill}`)
    // A different instant each time: somewhere between the first registrations and the first sessions.
    await pause(300 + ((kill * 137) % 500))
    expect(await server.stop('SIGKILL')).toBe('SIGKILL')
    await load

    const { challenges, events, mails } = await readRegistrations(query, secret)
    expect(challenges.length).toBeGreaterThan(0)
    expect(events).toEqual(challenges)
    expect(mails).toEqual(challenges)
    expect(await count(query, 'event', "kind = 'user.created'")).toBe(await count(query, 'user', '1 = 1'))
    expect(await count(query, 'user', 'email_verified_at IS NULL')).toBe(0)
    expect(await count(query, 'user', 'id NOT IN (SELECT user_id FROM latchkey_credential)')).toBe(0)
  }
  expect(await count(query, 'user', '1 = 1')).toBeGreaterThan(0)

  const last = await startServerProcess({ directory, port, environment })
  // What was in the hands of a process when it died waits for its lease to run out, a minute and some; everything else leaves at once.
  const leased = isFull ? 0 : people * kills
  await eventually(
    async () => ((await count(query, 'message', "status = 'queued'")) <= leased ? true : undefined),
    'the mails to leave',
    100_000,
  )
  const arrived = new Set(mailServer.deliveries.flatMap(({ to }) => to))
  const { mails } = await readRegistrations(query, secret)
  expect(mails.filter((address) => !arrived.has(address)).length).toBeLessThanOrEqual(leased)
  const fresh = 'after@example.com'
  await callAsApp(last.url, 'POST', '/sign-up', { body: { email: fresh, password, mode: 'token' } })
  expect((await smtpInbox(mailServer).next(fresh)).code).toMatch(/^\d{6}$/)
  expect(await last.stop()).toBe(0)
}

describe('a mail server that is down', () => {
  it('holds up no registration; its mail waits with the error, and leaves when the server is back', async () => {
    const directory = temporaryFolder()
    const smtpPort = await freePort()
    const port = await freePort()
    const environment = { ...productionSettings({ publicUrl: `http://localhost:${port}`, smtpPort }), ...generous }
    const server = await startServerProcess({ directory, port, environment })
    const email = 'patient@example.com'
    const startedAt = performance.now()
    const started = await callAsApp(server.url, 'POST', '/sign-up', { body: { email, password, mode: 'token' } })
    expect(started.status).toBe(200)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    await eventually(
      async () => (server.output().includes('mail') ? true : undefined),
      'the log to tell of the mail server',
    )
    expect(await count(sqliteQuery(directory), 'message', "status = 'queued' AND attempts > 0")).toBe(1)

    const mailServer = await startServer({ port: smtpPort })
    const mail = await eventually(
      async () => mailServer.deliveries.find(({ to }) => to.includes(email)),
      'the mail to leave',
      60_000,
    )
    const { code } = parseMail('', mail.mail.text ?? '')
    const body = { attempt: started.body['attempt'], code }
    expect((await callAsApp(server.url, 'POST', '/sign-in/factor/email-code', { body })).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })
})
