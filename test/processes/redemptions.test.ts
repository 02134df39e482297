import { describe, expect, it, onTestFinished } from 'vitest'
import { totpCode } from '../../packages/latchkey/src/methods/totp/one-time-password.ts'
import { createSoftwareAuthenticator } from '../../packages/latchkey/src/testing/software-authenticator.ts'
import { createPostgresDatabase } from '../databases/servers.ts'
import { callAsApp, openBrowser, type Answer } from '../journey/browser.ts'
import { smtpInbox, type ActionMail, type Inbox } from '../journey/mails.ts'
import { startServer } from '../mail-server.ts'
import { clientId, clientSecret, startRealProvider } from '../oidc/real-provider.ts'
import { productionSettings } from './production.ts'
import { freePort, startServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const hasPostgres =
  process.env['LATCHKEY_TEST_POSTGRES_URL'] !== undefined || process.env['LATCHKEY_TEST_REQUIRE'] === undefined
const rounds = Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? '3')
const callers = 50
const timeoutMs = 60_000 + rounds * 20_000
const password = 'correct horse battery staple'

/** High enough for fifty callers from one address: what is tried here is the single use, not the budget in front of it. */
const generous: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'CEREMONY_PER_NETWORK',
    'CODE_PER_ACCOUNT',
    'CODE_PER_NETWORK',
    'FACTOR_PER_ACCOUNT',
    'FACTOR_PER_NETWORK',
    'LINK_PER_NETWORK',
    'MAIL_PER_NETWORK',
    'PASSWORD_PER_ACCOUNT',
    'PASSWORD_PER_NETWORK',
    'SIGN_UP_PER_NETWORK',
  ].map((name) => [`LATCHKEY_LIMIT_${name}`, '1000/1s']),
)

describe.runIf(hasPostgres)('fifty parallel redemptions on two processes over PostgreSQL', () => {
  it(
    `have one winner each, ${rounds} times: a code, a reset token; and one successor for a refresh token`,
    async () => {
      const { nodes, publicUrl, inbox, everywhere } = await startTwoNodes()
      const [first, second] = nodes

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
        const turned = await everywhere((node) =>
          callAsApp(node, 'POST', '/session/refresh', { body: { refreshToken } }),
        )
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
    },
    timeoutMs,
  )

  it(
    `have one winner each, ${rounds} times: a link, a change of address and its undo, a step of an authenticator app, a recovery code`,
    async () => {
      const { nodes, publicUrl, inbox, everywhere } = await startTwoNodes()
      const [first, second] = nodes
      for (let round = 0; round < rounds; round++) {
        const email = `ada${round}@example.com`
        const accessToken = await signUp(first, inbox, email)

        const asking = openBrowser(second, publicUrl, 'link')
        await asking.post('/sign-in/magic-link', { email })
        const link = tokenOf(await inbox.next(email))
        const linked = await everywhere((node) =>
          postWithCookies(node, publicUrl, '/sign-in/magic-link/finish', { token: link }, asking.cookies),
        )
        expect(countOf(linked)).toEqual({ 200: 1, 401: callers - 1 })

        const moved = `ada${round}@new.example.com`
        const asked = await callAsApp(first, 'POST', '/email/change', { body: { email: moved }, accessToken })
        const { code } = await inbox.next(moved)
        const changed = await everywhere((node) =>
          callAsApp(node, 'POST', '/email/change/confirm', {
            body: { attempt: asked.body['attempt'], code },
            accessToken,
          }),
        )
        expect(countOf(changed)).toEqual({ 200: 1, 401: callers - 1 })
        const undo = tokenOf(await inbox.next(email))
        const undone = await everywhere((node) =>
          callAsApp(node, 'POST', '/email/change/undo', { body: { token: undo } }),
        )
        expect(countOf(undone)).toEqual({ 204: 1, 401: callers - 1 })

        const owner = await signIn(second, inbox, email)
        const enrolled = await callAsApp(first, 'POST', '/totp/enrol', { accessToken: owner })
        const { factorId, secret } = enrolled.body as { readonly factorId: string; readonly secret: string }
        const confirmed = await callAsApp(first, 'POST', '/totp/confirm', {
          body: { factorId, code: totpCode(secret, Date.now()) },
          accessToken: owner,
        })
        const { recoveryCodes } = confirmed.body as { readonly recoveryCodes: readonly string[] }
        // One step ahead: the present one was spent by the enrolment.
        const ahead = totpCode(secret, Date.now() + 30_000)
        const attempts = await everywhere((node) => beginSignIn(node, email))
        const stepped = await Promise.all(
          attempts.map(({ body: { attempt } }, caller) =>
            callAsApp(nodes[caller % 2] ?? first, 'POST', '/sign-in/factor/totp', { body: { attempt, code: ahead } }),
          ),
        )
        expect(countOf(stepped)).toEqual({ 200: 1, 401: callers - 1 })
        const recovering = await everywhere((node) => beginSignIn(node, email))
        const recovered = await Promise.all(
          recovering.map(({ body: { attempt } }, caller) =>
            callAsApp(nodes[caller % 2] ?? first, 'POST', '/sign-in/factor/recovery-code', {
              body: { attempt, code: recoveryCodes[0] },
            }),
          ),
        )
        expect(countOf(recovered)).toEqual({ 200: 1, 401: callers - 1 })
      }
    },
    timeoutMs,
  )

  it(
    `have one winner each, ${rounds} times: an answer of a passkey, a return from another provider`,
    async () => {
      const port = await freePort()
      const acme = await startRealProvider([`http://localhost:${port}/auth/sign-in/oauth/acme/callback`])
      onTestFinished(() => acme.stop())
      const { nodes, publicUrl, inbox, everywhere } = await startTwoNodes(port, {
        OIDC_ACME_ISSUER: acme.issuer,
        OIDC_ACME_CLIENT_ID: clientId,
        OIDC_ACME_CLIENT_SECRET: clientSecret,
        LATCHKEY_OAUTH_UNSAFE_PRIVATE_NETWORK: 'the provider of tests runs on loopback',
      })
      const [first, second] = nodes
      for (let round = 0; round < rounds; round++) {
        const email = `ada${round}@example.com`
        const accessToken = await signUp(first, inbox, email)
        const authenticator = createSoftwareAuthenticator({ origin: publicUrl })
        const registering = await callAsApp(first, 'POST', '/passkeys/register/start', { accessToken })
        const registered = await callAsApp(second, 'POST', '/passkeys/register/finish', {
          body: { ticket: registering.body['ticket'], response: authenticator.create(registering.body['options']) },
          accessToken,
        })
        expect(registered.status).toBe(200)
        const begun = await callAsApp(first, 'POST', '/sign-in/passkey/start', { body: { mode: 'token' } })
        const response = authenticator.get(begun.body['options'])
        const proved = await everywhere((node) =>
          callAsApp(node, 'POST', '/sign-in/passkey/finish', { body: { ticket: begun.body['ticket'], response } }),
        )
        expect(countOf(proved)).toEqual({ 200: 1, 401: callers - 1 })

        acme.person = { subject: `eve${round}`, email: `eve${round}@example.com`, emailVerified: true }
        const leaving = openBrowser(second, publicUrl, 'provider')
        const left = await leaving.post('/sign-in/oauth/acme', {})
        const callback = await acme.visit(String(left.body['url']))
        const landed = await everywhere((node) => returnWithCookies(node, callback, leaving.cookies))
        const opened = landed.filter(({ headers }) =>
          headers.getSetCookie().some((line) => line.startsWith('latchkey=')),
        )
        expect(landed.every(({ status }) => status === 303)).toBe(true)
        expect(opened).toHaveLength(1)
      }
    },
    timeoutMs,
  )
})

/** Registers with a native client; the access token. */
async function signUp(node: string, inbox: Inbox, email: string): Promise<string> {
  const started = await callAsApp(node, 'POST', '/sign-up', { body: { email, password, mode: 'token' } })
  return finish(node, inbox, email, started)
}

async function signIn(node: string, inbox: Inbox, email: string): Promise<string> {
  return finish(node, inbox, email, await beginSignIn(node, email))
}

async function finish(node: string, inbox: Inbox, email: string, started: Answer): Promise<string> {
  const { code } = await inbox.next(email)
  const body = { attempt: started.body['attempt'], code }
  const answer = await callAsApp(node, 'POST', '/sign-in/factor/email-code', { body })
  const { tokens } = answer.body as { readonly tokens?: { readonly accessToken: string } }
  if (tokens === undefined) throw new Error(`not signed in: ${answer.status} ${JSON.stringify(answer.body)}`)
  return tokens.accessToken
}

function beginSignIn(node: string, email: string): Promise<Answer> {
  return callAsApp(node, 'POST', '/sign-in/password', { body: { email, password, mode: 'token' } })
}

function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

/** The same browser as often as one likes: its cookies, whatever the answers do to them. */
async function postWithCookies(
  node: string,
  publicUrl: string,
  path: string,
  body: unknown,
  cookies: ReadonlyMap<string, string>,
): Promise<Answer> {
  const response = await fetch(`${node}/auth${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: publicUrl,
      'sec-fetch-site': 'same-origin',
      cookie: cookieHeader(cookies),
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

async function returnWithCookies(node: string, callback: URL, cookies: ReadonlyMap<string, string>): Promise<Answer> {
  const response = await fetch(`${node}${callback.pathname}${callback.search}`, {
    redirect: 'manual',
    headers: { cookie: cookieHeader(cookies) },
  })
  await response.body?.cancel()
  return { status: response.status, headers: response.headers, body: {} }
}

function tokenOf({ link = '' }: ActionMail): string {
  return link.slice(link.indexOf('#token=') + '#token='.length)
}

function countOf(answers: readonly Answer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function winnersOf(answers: readonly Answer[], status: number): readonly Answer[] {
  return answers.filter((answer) => answer.status === status)
}

async function startTwoNodes(
  givenPort?: number,
  more: Readonly<Record<string, string>> = {},
): Promise<{
  readonly nodes: readonly [string, string]
  readonly publicUrl: string
  readonly inbox: Inbox
  /** Fifty callers at once, every other one at the other node. */
  everywhere(act: (node: string) => Promise<Answer>): Promise<readonly Answer[]>
}> {
  const database = await createPostgresDatabase()
  onTestFinished(() => database.drop())
  const mailServer = await startServer()
  const port = givenPort ?? (await freePort())
  const publicUrl = `http://localhost:${port}`
  const environment = {
    ...productionSettings({ publicUrl, smtpPort: mailServer.port, databaseUrl: database.url }),
    ...generous,
    ...more,
  }
  const directory = temporaryFolder()
  const [first, second] = await Promise.all([
    startServerProcess({ directory, port, environment }),
    startServerProcess({ directory, environment }),
  ])
  return {
    nodes: [first.url, second.url],
    publicUrl,
    inbox: smtpInbox(mailServer),
    everywhere: (act) =>
      Promise.all(Array.from({ length: callers }, (_, caller) => act(caller % 2 === 0 ? first.url : second.url))),
  }
}
