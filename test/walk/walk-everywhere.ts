import type { RequestObservation } from '../../packages/latchkey/src/http/metrics.ts'
import { oauth } from '../../packages/latchkey/src/methods/oauth/index.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { everyMethod } from '../../packages/latchkey/src/testing/every-method.ts'
import { createFakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import { createSoftwareAuthenticator } from '../../packages/latchkey/src/testing/software-authenticator.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../packages/latchkey/src/testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { provePasskey, registerPasskey, signInWithPasskey } from '../../packages/latchkey/src/testing/test-passkey.ts'
import { bearer, signInAgain, signUpWithTokens, tokensIn } from '../../packages/latchkey/src/testing/test-session.ts'
import { enrolTestTotp } from '../../packages/latchkey/src/testing/test-totp.ts'
import { startForgingProvider, type ForgingProvider } from '../oidc/forging-provider.ts'
import { atLoopback, landingOf, type Landing } from '../oidc/oauth-journey.ts'
import { clientId } from '../oidc/real-provider.ts'

export const walkedEmail = 'ada@example.com'
export const nextPassword = 'an entirely different phrase'
const email = walkedEmail

/** One request and its answer. */
export interface Step {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly answer: TestAnswer
}

export interface Walk {
  readonly test: TestAuth
  readonly steps: readonly Step[]
  readonly answers: readonly TestAnswer[]
  readonly observed: readonly RequestObservation[]
  /** What went between us and the provider, which no browser sees. */
  readonly providerSecrets: readonly string[]
  /** A browser whose requests are steps of this walk. */
  visitor(): TestBrowser
}

/** Remembers everything that a browser sends and gets. */
function recorded(browser: TestBrowser, steps: Step[]): TestBrowser {
  const keep = async (
    method: string,
    path: string,
    body: unknown,
    running: Promise<TestAnswer>,
  ): Promise<TestAnswer> => {
    const answer = await running
    steps.push({ method, path, body, answer })
    return answer
  }
  return {
    cookies: browser.cookies,
    get: (path, ...more) => keep('GET', path, undefined, browser.get(path, ...more)),
    post: (path, body, ...more) => keep('POST', path, body, browser.post(path, body, ...more)),
    put: (path, body) => keep('PUT', path, body, browser.put(path, body)),
    patch: (path, body) => keep('PATCH', path, body, browser.patch(path, body)),
    delete: (path, ...more) => keep('DELETE', path, undefined, browser.delete(path, ...more)),
  }
}

const tokenOf = (link: string): string => link.slice(link.indexOf('#token=') + 7)

/** Every route of the engine, each to a success. */
export async function walkEverywhere(options: { readonly storage?: Storage } = {}): Promise<Walk> {
  const steps: Step[] = []
  const observed: RequestObservation[] = []
  const clock = createFakeClock(Date.now())
  const forger = await startForgingProvider({ clientId, now: () => clock.now() })
  const methods = everyMethod().filter(({ id }) => id !== 'oauth')
  const social = oauth({ providers: [atLoopback(forger.issuer)], storeTokens: true })
  const test = createTestAuth({
    ...options,
    clock,
    development: true,
    publicUrl: 'http://localhost:4000',
    methods: [...methods, social],
    onRequest: (observation) => observed.push(observation),
  })
  const visitor = (): TestBrowser => recorded(test.browser(), steps)
  const admin = visitor()
  const link = await test.auth.issueAdminLink()
  const claimed = await admin.post('/admin-link/claim', {
    token: tokenOf(link),
    email: 'admin@example.com',
    password: testPassword,
  })
  const finish = async (browser: TestBrowser, started: TestAnswer, address: string): Promise<TestAnswer> =>
    browser.post('/sign-in/factor/email-code', { attempt: started.body['attempt'], code: await test.codeFor(address) })
  await finish(admin, claimed, 'admin@example.com')

  const ada = visitor()
  await finish(ada, await ada.post('/sign-up', { email, password: testPassword, name: 'Ada' }), email)
  const second = visitor()
  const asked = await second.post('/sign-in/email-code', { email })
  await second.post('/sign-in/factor/email-code/resend', { attempt: asked.body['attempt'] })
  await finish(second, asked, email)
  const native = visitor()
  const { tokens } = await signUpWithTokens({ ...test, browser: () => native }, 'native@example.com')
  tokensIn(await native.post('/session/refresh', { refreshToken: tokens.refreshToken }))
  await native.get('/session', bearer(tokens.accessToken))

  const linked = visitor()
  await linked.post('/sign-in/magic-link', { email })
  const toHere = tokenOf(await test.linkFor(email))
  await linked.get(`/sign-in/magic-link?token=${toHere}`)
  await linked.post('/sign-in/magic-link/finish', { token: toHere })
  await linked.delete('/session')

  const stepping = await ada.post('/session/step-up')
  await ada.post('/sign-in/factor/password', { attempt: stepping.body['attempt'], password: testPassword })
  for (const path of ['/session', '/sessions', '/account/factors', '/account/activity', '/config', '/openapi.json'])
    await ada.get(path)
  await ada.get('/.well-known/jwks.json')
  await ada.patch('/account', { locale: 'en' })
  const [other] = ((await ada.get('/sessions')).body['sessions'] as { id: string; current: boolean }[]).filter(
    ({ current }) => !current,
  )
  await ada.delete(`/sessions/${other?.id}`)
  await ada.post('/password/change', { currentPassword: testPassword, password: nextPassword })
  await ada.delete('/sessions')

  await walkFactors(test, { admin, visitor, finish })
  const providerSecrets = await walkProvider(forger, visitor)
  await forger.close()

  const made = await admin.post('/admin/users', { email: 'made@example.com', password: testPassword })
  const { user } = made.body as { readonly user?: { readonly id: string } }
  const person = visitor()
  const started = await person.post('/sign-in/password', { email: 'made@example.com', password: testPassword })
  await finish(person, started, 'made@example.com')
  const path = `/admin/users/${user?.id}`
  for (const list of ['', '/sessions', '/events']) await admin.get(`${path}${list}`)
  for (const list of ['users', 'events', 'outbox', 'keys', 'health']) await admin.get(`/admin/${list}`)
  await admin.patch(path, { name: 'Made' })
  await admin.put(`${path}/roles`, { roles: ['admin'] })
  for (const act of ['reset-password', 'sign-out', 'block', 'unblock']) await admin.post(`${path}/${act}`)
  const unproved = await test.auth.users.create({ email: 'unproved@example.com', password: testPassword })
  await admin.post(`/admin/users/${unproved.ok ? unproved.user.id : ''}/verify-email`)
  const [message] = (await test.storage.listMessages({ limit: 1, status: 'queued' })).items
  await admin.post(`/admin/outbox/${message?.id}/retry`)
  await admin.post('/admin/keys/rotate')
  const asking = await ada.post('/email/verify-request')
  await ada.post('/email/verify', { attempt: asking.body['attempt'], code: await test.codeFor(email) })

  const moving = await ada.post('/email/change', { email: 'moved@example.com' })
  const toThere = await test.codeFor('moved@example.com')
  await ada.post('/email/change/confirm', { attempt: moving.body['attempt'], code: toThere })
  await ada.post('/email/change/undo', { token: tokenOf(await test.linkFor(email)) })
  await ada.post('/password/reset-request', { email })
  await ada.post('/password/reset', { token: tokenOf(await test.linkFor(email)), password: testPassword })
  await signInAgain(test, email, ada)
  await ada.delete('/session')
  await admin.delete(path)
  return { test, steps, answers: steps.map(({ answer }) => answer), observed, providerSecrets, visitor }
}

interface Walkers {
  readonly admin: TestBrowser
  visitor(): TestBrowser
  finish(browser: TestBrowser, started: TestAnswer, address: string): Promise<TestAnswer>
}

/** Everything about second factors, by a person who registers with a passkey, and by the administrator who helps her. */
async function walkFactors(test: TestAuth, { admin, visitor, finish }: Walkers): Promise<void> {
  const address = 'grace@example.com'
  const key = createSoftwareAuthenticator({ origin: 'http://localhost:4000' })
  const grace = visitor()
  const beginning = await grace.post('/sign-up/passkey/start', { email: address })
  const created = key.create(beginning.body['options'])
  const proved = await grace.post('/sign-up/passkey/finish', { ticket: beginning.body['ticket'], response: created })
  await finish(grace, proved, address)
  await signInWithPasskey(visitor(), key)
  const app = await enrolTestTotp(test, grace)
  const registered = await registerPasskey(grace, createSoftwareAuthenticator({ origin: 'http://localhost:4000' }))
  const { passkey } = registered.body as { readonly passkey?: { readonly id: string } }
  await grace.get('/passkeys')
  await grace.patch(`/passkeys/${passkey?.id}`, { name: 'Another' })
  await grace.put(`/passkeys/${passkey?.id}/usage`, { usage: 'factor' })
  await grace.delete(`/passkeys/${passkey?.id}`)
  const [first] = (await grace.get('/passkeys')).body['passkeys'] as { readonly id: string }[]
  await grace.put(`/passkeys/${first?.id}/usage`, { usage: 'both' })
  const attemptOf = async (browser: TestBrowser): Promise<unknown> => {
    const asked = await browser.post('/sign-in/email-code', { email: address })
    return (await finish(browser, asked, address)).body['attempt']
  }
  const [byApp, byCode, byKey] = [visitor(), visitor(), visitor()]
  await byApp.post('/sign-in/factor/totp', { attempt: await attemptOf(byApp), code: await app.nextCode() })
  const [, spare] = app.recoveryCodes
  await byCode.post('/sign-in/factor/recovery-code', { attempt: await attemptOf(byCode), code: spare })
  await provePasskey(byKey, await attemptOf(byKey), key)
  await byApp.post('/recovery-codes/regenerate')
  await byApp.delete('/totp')

  const path = `/admin/users/${(await test.auth.users.findByEmail(address))?.id}/factors`
  await admin.get(path)
  await admin.post(`${path}/reset`, { delayHours: 24 })
  await admin.delete(`${path}/reset`)
}

/** In by a provider with a page and with a native client, and an identity bound and removed. What the provider and we told each other. */
async function walkProvider(forger: ForgingProvider, visitor: () => TestBrowser): Promise<readonly string[]> {
  const secrets: string[] = []
  const thereAndBack = async (browser: TestBrowser, left: TestAnswer, subject: string): Promise<Landing> => {
    const asked = new URL(String(left.body['url'])).searchParams
    const [nonce, state] = [asked.get('nonce') ?? '', asked.get('state') ?? '']
    const person = { sub: subject, email: `${subject}@example.com`, email_verified: true }
    const tokens = {
      id_token: await forger.idToken({ nonce, ...person }),
      access_token: `access-token-of-${subject}-at-acme`,
      refresh_token: `refresh-token-of-${subject}-at-acme`,
    }
    const code = `authorization-code-of-${subject}`
    forger.token = (form) => {
      secrets.push(form.get('code_verifier') ?? 'no verifier was sent')
      return { token_type: 'Bearer', expires_in: 3_600, ...tokens }
    }
    secrets.push(nonce, state, code, ...Object.values(tokens))
    const search = new URLSearchParams({ state, code, iss: forger.issuer })
    return landingOf(await browser.get(`/sign-in/oauth/acme/callback?${search.toString()}`))
  }
  const browser = visitor()
  await thereAndBack(browser, await browser.post('/sign-in/oauth/acme', {}), 'linus')
  const native = visitor()
  const left = await native.post('/sign-in/oauth/acme', { mode: 'token', redirectTo: '/app' })
  const { fields } = await thereAndBack(visitor(), left, 'margaret')
  await native.post('/sign-in/oauth/finish', { ticket: fields['ticket'], attempt: left.body['attempt'] })
  const linking = await browser.post('/identities/acme/link', {})
  const landed = await thereAndBack(browser, linking, 'torvalds')
  await browser.post('/identities/confirm', { attempt: landed.fields['attempt'] })
  const { identities } = (await browser.get('/identities')).body as { readonly identities: readonly { id: string }[] }
  await browser.delete(`/identities/${identities[0]?.id}`)
  return secrets
}
