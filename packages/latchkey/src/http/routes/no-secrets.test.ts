import { describe, expect, it } from 'vitest'
import type { RequestObservation } from '../metrics.ts'
import { everyMethod } from '../../testing/every-method.ts'
import { createSoftwareAuthenticator } from '../../testing/software-authenticator.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { provePasskey, registerPasskey, signInWithPasskey } from '../../testing/test-passkey.ts'
import { bearer, signInAgain, signUpWithTokens, tokensIn } from '../../testing/test-session.ts'
import { enrolTestTotp } from '../../testing/test-totp.ts'
import { parseSessionId } from '../../session/session.ts'
import { parseUserId } from '../../user/user.ts'

const email = 'ada@example.com'
const nextPassword = 'an entirely different phrase'

interface Walk {
  readonly test: TestAuth
  readonly answers: readonly TestAnswer[]
  readonly observed: readonly RequestObservation[]
  readonly adminId: string
}

/** Remembers every answer of a browser. */
function recorded(browser: TestBrowser, answers: TestAnswer[]): TestBrowser {
  const keep = async (answer: Promise<TestAnswer>): Promise<TestAnswer> => {
    answers.push(await answer)
    return answer
  }
  return {
    cookies: browser.cookies,
    get: (...args) => keep(browser.get(...args)),
    post: (...args) => keep(browser.post(...args)),
    put: (...args) => keep(browser.put(...args)),
    patch: (...args) => keep(browser.patch(...args)),
    delete: (...args) => keep(browser.delete(...args)),
  }
}

const tokenOf = (link: string): string => link.slice(link.indexOf('#token=') + 7)

/** Every route of the engine, each to a success. */
async function walkEverywhere(): Promise<Walk> {
  const answers: TestAnswer[] = []
  const observed: RequestObservation[] = []
  const test = createTestAuth({
    development: true,
    publicUrl: 'http://localhost:4000',
    // A provider is somebody else: its routes are walked where one is (methods/oauth).
    methods: everyMethod().filter(({ id }) => id !== 'oauth'),
    onRequest: (observation) => observed.push(observation),
  })
  const visitor = (): TestBrowser => recorded(test.browser(), answers)
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
  const adminId = (await test.auth.users.findByEmail('admin@example.com'))?.id ?? ''

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
  return { test, answers, observed, adminId }
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

/** Every key of every object, and every text, in a JSON value. */
function collect(value: unknown, keys: Set<string>, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value)
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) keys.add(key)
    collect(inner, keys, texts)
  }
}

/** What stands in the store and must never leave it. */
async function storedSecrets({ test, answers }: Walk): Promise<readonly string[]> {
  const secrets: (string | null | undefined)[] = []
  const keys = new Set<string>()
  const texts = new Set<string>()
  for (const { body } of answers) collect(body, keys, texts)
  for (const text of texts) {
    const userId = parseUserId(text)
    const sessionId = parseSessionId(text)
    const subject = userId === undefined ? undefined : await test.storage.findSubject(userId)
    secrets.push(subject?.user.personKey, ...(subject?.credentials ?? []).flatMap(({ secret }) => [secret]))
    const session = sessionId === undefined ? undefined : (await test.storage.findSession(sessionId))?.session
    secrets.push(session?.secretDigest, session?.familyDigest, session?.turnDigest, session?.previousTurnDigest)
    secrets.push(session?.turnSalt)
  }
  secrets.push(...(await test.storage.listSigningKeys()).map(({ privateKey }) => privateKey))
  const messages = (await test.storage.listMessages({ limit: 200 })).items
  secrets.push(...messages.flatMap(({ data, leaseToken }) => [data, leaseToken]))
  const events = (await test.storage.listEvents({ limit: 200 })).items
  secrets.push(...events.flatMap(({ mac, person }) => [mac, person]))
  return [...new Set(secrets.filter((text) => text !== null && text !== undefined && text !== ''))] as string[]
}

describe('no answer of any route', () => {
  it('is left out of the walk', async () => {
    const { test, observed } = await walkEverywhere()
    const reached = new Set(observed.filter(({ status }) => status < 400).map(({ route }) => route))
    const missing = test.auth.routes.map(({ id }) => id).filter((id) => !reached.has(id))
    // An address is proved before its first session, so that today nobody who is signed in has one to prove; the route answers 204 without a body.
    expect(missing).toEqual(['verifyEmail'])
  })

  it('holds a hash, a digest, a sealed value or a password', async () => {
    const walk = await walkEverywhere()
    const secrets = await storedSecrets(walk)
    expect(secrets.length).toBeGreaterThan(20)
    const everything = walk.answers.map(({ text }) => text).join('\n')
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([])
    for (const secret of [testPassword, nextPassword]) expect(everything).not.toContain(secret)
    expect(everything).not.toMatch(/argon2|PRIVATE KEY|"d":/)
  })

  it('has a field that is named like a secret, but the tokens of its own caller and the secret of the authenticator app that is enrolled', async () => {
    const { answers } = await walkEverywhere()
    const keys = new Set<string>()
    const bodies = answers.map(({ body }) => body).filter((body) => body['openapi'] === undefined)
    for (const body of bodies) collect(body, keys, new Set())
    const suspicious = /hash(?!ing)|digest|secret|salt|epoch|private|personkey|token|cookie|binding|mac$/i
    expect([...keys].filter((key) => suspicious.test(key)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'accessToken',
      'refreshToken',
      'secret',
      'tokenType',
      'tokens',
    ])
    const withTokens = bodies.filter((body) => JSON.stringify(body).includes('refreshToken":'))
    expect(new Set(withTokens.map((body) => body['status'] ?? Object.keys(body).join()))).toEqual(
      new Set(['signed_in', 'tokens,session']),
    )
  })

  it('shows a person the address and browser of the administrator who acted on them', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    await test.signUp('admin@example.com')
    const adminId = (await test.auth.users.findByEmail('admin@example.com'))?.id ?? ''
    const userId = (await test.auth.users.findByEmail(email))?.id ?? ''
    const acting = test.auth.withContext({ actorId: adminId, ip: '203.0.113.77', userAgent: 'AdminBrowser/9' })
    await acting.users.setRoles(userId, ['admin'])
    await ada.patch('/account', { name: 'Ada' })
    const { text, body } = await ada.get('/account/activity')
    expect(text).not.toMatch(/203\.0\.113\.77|AdminBrowser/)
    const events = body['events'] as { kind: string; person: unknown }[]
    expect(events.find(({ kind }) => kind === 'user.roles_changed')).toMatchObject({ person: null })
    expect(events.find(({ kind }) => kind === 'user.updated')).toMatchObject({
      person: { userAgent: 'TestBrowser/1.0' },
    })
  })
})
