import { describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresDatabase } from '../databases/servers.ts'
import { callAsApp, openBrowser, type Answer } from '../journey/browser.ts'
import { smtpInbox, type Inbox } from '../journey/mails.ts'
import { startServer } from '../mail-server.ts'
import { productionSettings } from './production.ts'
import { freePort, startServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const hasPostgres =
  process.env['LATCHKEY_TEST_POSTGRES_URL'] !== undefined || process.env['LATCHKEY_TEST_REQUIRE'] === undefined
const rounds = Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? '3')
const callers = 50
const password = 'correct horse battery staple'

/** High enough for fifty callers from one address: what is tried here is the single use, not the budget in front of it. */
const generous: Readonly<Record<string, string>> = Object.fromEntries(
  ['CODE_PER_ACCOUNT', 'CODE_PER_NETWORK', 'MAIL_PER_NETWORK', 'SIGN_UP_PER_NETWORK'].map((name) => [
    `LATCHKEY_LIMIT_${name}`,
    '1000/1m',
  ]),
)

describe.runIf(hasPostgres)('fifty parallel redemptions on two processes over PostgreSQL', () => {
  it(`have one winner each, ${rounds} times: a code, a reset token; and one successor for a refresh token`, async () => {
    const { nodes, publicUrl, inbox } = await startTwoNodes()
    const [first, second] = nodes
    const everywhere = (act: (node: string) => Promise<Answer>): Promise<readonly Answer[]> =>
      Promise.all(Array.from({ length: callers }, (_, caller) => act(caller % 2 === 0 ? first : second)))

    for (let round = 0; round < rounds; round++) {
      const email = `ada${round}@example.com`

      const started = await callAsApp(first, 'POST', '/sign-up', { body: { email, password, mode: 'token' } })
      const { code } = await inbox.next(email)
      const proved = await everywhere((node) =>
        callAsApp(node, 'POST', '/sign-in/factor/email-code', { body: { attempt: started.body['attempt'], code } }),
      )
      expect(winnersOf(proved, 200)).toHaveLength(1)
      expect(proved.every(({ status }) => status < 500)).toBe(true)

      const { refreshToken } = (winnersOf(proved, 200)[0]?.body['tokens'] ?? {}) as { refreshToken: string }
      const turned = await everywhere((node) => callAsApp(node, 'POST', '/session/refresh', { body: { refreshToken } }))
      const successors = new Set(
        winnersOf(turned, 200).map(({ body }) => (body['tokens'] as { refreshToken: string }).refreshToken),
      )
      expect(turned.map(({ status }) => status)).toEqual(Array.from({ length: callers }, () => 200))
      expect(successors.size).toBe(1)

      await openBrowser(second, publicUrl, 'reset').post('/password/reset-request', { email })
      const { link = '' } = await inbox.next(email)
      const token = link.slice(link.indexOf('#token=') + '#token='.length)
      const reset = await everywhere((node) =>
        callAsApp(node, 'POST', '/password/reset', { body: { token, password: `${password} ${round}` } }),
      )
      expect(winnersOf(reset, 204)).toHaveLength(1)
      expect(reset.every(({ status }) => status < 500)).toBe(true)
    }
  })
})

function winnersOf(answers: readonly Answer[], status: number): readonly Answer[] {
  return answers.filter((answer) => answer.status === status)
}

async function startTwoNodes(): Promise<{
  readonly nodes: readonly [string, string]
  readonly publicUrl: string
  readonly inbox: Inbox
}> {
  const database = await createPostgresDatabase()
  onTestFinished(() => database.drop())
  const mailServer = await startServer()
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const environment = {
    ...productionSettings({ publicUrl, smtpPort: mailServer.port, databaseUrl: database.url }),
    ...generous,
  }
  const directory = temporaryFolder()
  const [first, second] = await Promise.all([
    startServerProcess({ directory, port, environment }),
    startServerProcess({ directory, environment }),
  ])
  return { nodes: [first.url, second.url], publicUrl, inbox: smtpInbox(mailServer) }
}
