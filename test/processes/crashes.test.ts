import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { callAsApp } from '../journey/browser.ts'
import { eventually } from '../journey/eventually.ts'
import { parseMail, smtpInbox } from '../journey/mails.ts'
import { startServer, type MailServer } from '../mail-server.ts'
import { productionSettings } from './production.ts'
import { freePort, startServerProcess, type ServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const kills = Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? '3')
const password = 'correct horse battery staple'

const generous: Readonly<Record<string, string>> = Object.fromEntries(
  ['CODE_PER_ACCOUNT', 'CODE_PER_NETWORK', 'MAIL_PER_NETWORK', 'SIGN_UP_PER_NETWORK'].map((name) => [
    `LATCHKEY_LIMIT_${name}`,
    '1000/1m',
  ]),
)

/** The rows as they are on disk, read by a second connection after the process is dead. */
interface Rows {
  readonly registrations: number
  readonly registrationEvents: number
  readonly registrationMails: number
  readonly users: number
  readonly usersMade: number
  readonly unprovedUsers: number
  readonly usersWithoutPassword: number
  readonly queuedMails: number
}

function readRows(directory: string): Rows {
  const Database = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => {
    prepare(sql: string): { get(): { n: number } }
    close(): void
  }
  const database = new Database(join(directory, 'data/latchkey.db'))
  const count = (table: string, condition = '1 = 1'): number =>
    database.prepare(`SELECT count(*) AS n FROM latchkey_${table} WHERE ${condition}`).get().n
  const rows: Rows = {
    registrations: count('challenge', "purpose = 'sign-up'"),
    registrationEvents: count('event', "kind = 'sign_up.started'"),
    registrationMails: count('message', "template = 'sign-up-code'"),
    users: count('user'),
    usersMade: count('event', "kind = 'user.created'"),
    unprovedUsers: count('user', 'email_verified_at IS NULL'),
    usersWithoutPassword: count('user', 'id NOT IN (SELECT user_id FROM latchkey_credential)'),
    queuedMails: count('message', "status = 'queued'"),
  }
  database.close()
  return rows
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
  await Promise.all(Array.from({ length: 6 }, (_, index) => person(String(index))))
}

describe('a server that is killed', () => {
  it(`under load ${kills} times leaves whole registrations only, and their mails still leave`, async () => {
    const directory = temporaryFolder()
    const mailServer = await startServer()
    const port = await freePort()
    const environment = {
      ...productionSettings({ publicUrl: `http://localhost:${port}`, smtpPort: mailServer.port }),
      ...generous,
    }
    for (let kill = 0; kill < kills; kill++) {
      const server = await startServerProcess({ directory, port, environment })
      const load = registerUntilItDies(server, mailServer, `k${kill}`)
      // A different instant each time: somewhere between the first registrations and the first sessions.
      await pause(300 + ((kill * 137) % 500))
      expect(await server.stop('SIGKILL')).toBe('SIGKILL')
      await load

      const rows = readRows(directory)
      expect(rows.registrations).toBeGreaterThan(0)
      expect(rows.registrationEvents).toBe(rows.registrations)
      expect(rows.registrationMails).toBe(rows.registrations)
      expect(rows.usersMade).toBe(rows.users)
      expect([rows.unprovedUsers, rows.usersWithoutPassword]).toEqual([0, 0])
    }
    expect(readRows(directory).users).toBeGreaterThan(0)

    const last = await startServerProcess({ directory, port, environment })
    // What was being sent when the process died waits for its lease to run out; everything else leaves at once.
    await eventually(
      async () => (readRows(directory).queuedMails <= 4 * kills ? true : undefined),
      'the mails to leave',
    )
    const fresh = `after@example.com`
    await callAsApp(last.url, 'POST', '/sign-up', { body: { email: fresh, password, mode: 'token' } })
    expect((await smtpInbox(mailServer).next(fresh)).code).toMatch(/^\d{6}$/)
    expect(await last.stop()).toBe(0)
  })
})

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
    expect(readRows(directory).queuedMails).toBe(1)

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
