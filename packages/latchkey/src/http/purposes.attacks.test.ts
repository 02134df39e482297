import type { GenericSchema } from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atLoopback, landingOf } from '../../../../test/oidc/oauth-journey.ts'
import { startRealProvider, type RealProvider } from '../../../../test/oidc/real-provider.ts'
import { parseChallengeId, type ChallengePurpose } from '../challenge/challenge.ts'
import { defaultSettings } from '../core/settings.ts'
import { dayMs, systemClock } from '../platform/clock.ts'
import { parseDeviceId } from '../session/device.ts'
import { parseSessionId } from '../session/session.ts'
import { everyMethod } from '../testing/every-method.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { bearer, tokensIn } from '../testing/test-session.ts'

const origin = 'http://localhost:4000'
const ada = 'ada@example.com'
const bob = 'bob@example.com'
const generous = Object.fromEntries(
  Object.keys(defaultSettings.limits).map((name) => [name, { limit: 1_000, windowMs: dayMs }]),
)

let acme: RealProvider

beforeAll(async () => {
  acme = await startRealProvider([`${origin}/auth/sign-in/oauth/acme/callback`])
})

afterAll(() => acme.stop())

/** Something that is worth something to its holder. */
interface Secret {
  readonly text: string
  /** The cookie of the browser that it is bound to, presented along with it, so that only the purpose is in the way. */
  readonly binding?: string | undefined
}

interface Setting {
  readonly test: TestAuth
  /** A browser of this machine, as development mode wants it. */
  browser(secret?: Secret): TestBrowser
  /** Ada, signed in by tokens: what a session binds is bound to hers. */
  readonly headers: Readonly<Record<string, string>>
  readonly refreshToken: string
  readonly device: string
}

async function createSetting(): Promise<Setting> {
  const test = createTestAuth({
    development: true,
    publicUrl: origin,
    clock: createFakeClock(systemClock.now()),
    methods: everyMethod([atLoopback(acme.issuer)]),
    limits: generous,
    code: { maxAttempts: 10 },
  })
  const browser: Setting['browser'] = (secret) => {
    const opened = test.browser({ remoteAddress: '127.0.0.1' })
    if (secret?.binding !== undefined) opened.cookies.set('latchkey-attempt', secret.binding)
    return opened
  }
  for (const email of [ada, bob]) {
    const started = await browser().post('/sign-up', { email, password: testPassword, mode: 'token' })
    await test.proveCode(browser(), started, await test.codeFor(email))
  }
  const asked = await browser().post('/sign-in/password', { email: ada, password: testPassword, mode: 'token' })
  const signedIn = await test.proveCode(browser(), asked, await test.codeFor(ada))
  const { accessToken, refreshToken } = tokensIn(signedIn)
  return { test, browser, headers: bearer(accessToken), refreshToken, device: String(signedIn.body['device']) }
}

const tokenOf = (link: string): string => link.slice(link.indexOf('#token=') + 7)
const attemptOf = ({ body }: TestAnswer): Secret => ({ text: String(body['attempt']) })
const ticketOf = ({ body }: TestAnswer): Secret => ({ text: String(body['ticket']) })
const bindingIn = (browser: TestBrowser): string | undefined => browser.cookies.get('latchkey-attempt')

/** Leaves for the provider, signed in or not. */
async function leave(of: Setting, path: string): Promise<{ readonly url: string; readonly browser: TestBrowser }> {
  const browser = of.browser()
  const left = await browser.post(path, {}, path.startsWith('/identities') ? of.headers : {})
  return { url: String(left.body['url']), browser }
}

let people = 0

/** How one of each purpose is got; a purpose without its place here does not compile. `null`: nobody holds its handle. */
const handles: { readonly [Purpose in ChallengePurpose]: ((of: Setting) => Promise<Secret>) | null } = {
  'sign-in': async ({ browser }) =>
    attemptOf(await browser().post('/sign-in/email-code', { email: ada, mode: 'token' })),
  'sign-up': async ({ browser }) =>
    attemptOf(await browser().post('/sign-up', { email: 'new@example.com', password: testPassword, mode: 'token' })),
  async 'password-reset'({ test, browser }) {
    await browser().post('/password/reset-request', { email: bob })
    return { text: tokenOf(await test.linkFor(bob)) }
  },
  'password-reset-code': async ({ browser }) =>
    attemptOf(await browser().post('/password/reset-request', { email: 'nobody@example.com', mode: 'token' })),
  'email-verify': async ({ browser, headers }) =>
    attemptOf(await browser().post('/email/verify-request', undefined, headers)),
  'admin-link': async ({ test }) => ({ text: tokenOf(await test.auth.issueAdminLink()) }),
  async 'magic-link'({ test, browser }) {
    await browser().post('/sign-in/magic-link', { email: ada, mode: 'token' })
    return { text: tokenOf(await test.linkFor(ada)) }
  },
  'step-up': async ({ browser, headers }) => attemptOf(await browser().post('/session/step-up', undefined, headers)),
  'totp-enrolment': async ({ browser, headers }) => ({
    text: String((await browser().post('/totp/enrol', undefined, headers)).body['factorId']),
  }),
  'passkey-registration': async ({ browser, headers }) =>
    ticketOf(await browser().post('/passkeys/register/start', undefined, headers)),
  'passkey-sign-in': async ({ browser }) => ticketOf(await browser().post('/sign-in/passkey/start', { mode: 'token' })),
  'passkey-sign-up': async ({ browser }) =>
    ticketOf(await browser().post('/sign-up/passkey/start', { email: 'key@example.com', mode: 'token' })),
  async 'oauth-state'(of) {
    const { url, browser } = await leave(of, '/sign-in/oauth/acme')
    return { text: new URL(url).searchParams.get('state') ?? '', binding: bindingIn(browser) }
  },
  async 'oauth-ticket'({ browser }) {
    acme.person = { subject: `ticket-${people++}`, email: `ticket${people}@example.com`, emailVerified: true }
    const left = await browser().post('/sign-in/oauth/acme', { mode: 'token', redirectTo: '/app' })
    const callback = await acme.visit(String(left.body['url']))
    const landed = landingOf(await browser().get(`${callback.pathname.slice('/auth'.length)}${callback.search}`))
    return { text: landed.fields['ticket'] ?? '', binding: String(left.body['attempt']) }
  },
  async 'oauth-link'(of) {
    acme.person = { subject: `ada-${people++}`, email: ada, emailVerified: true }
    const { url, browser } = await leave(of, '/identities/acme/link')
    const callback = await acme.visit(url)
    const landed = landingOf(await browser.get(`${callback.pathname.slice('/auth'.length)}${callback.search}`))
    return { text: landed.fields['attempt'] ?? '', binding: bindingIn(browser) }
  },
  'email-change': async ({ browser, headers }) =>
    attemptOf(await browser().post('/email/change', { email: 'ada@new.example.com' }, headers)),
  async 'email-change-undo'({ test, browser }) {
    const email = `mover${people++}@example.com`
    const mover = browser()
    const started = await mover.post('/sign-up', { email, password: testPassword })
    await test.proveCode(mover, started, await test.codeFor(email))
    const asked = await mover.post('/email/change', { email: `moved-${email}` })
    const code = await test.codeFor(`moved-${email}`)
    await mover.post('/email/change/confirm', { attempt: asked.body['attempt'], code })
    return { text: tokenOf(await test.linkFor(email)) }
  },
  'factors-reset': null,
}

const others: Readonly<Record<string, (of: Setting) => Promise<Secret>>> = {
  async 'session cookie'({ test, browser }) {
    const signedIn = browser()
    const asked = await signedIn.post('/sign-in/email-code', { email: bob })
    await test.proveCode(signedIn, asked, await test.codeFor(bob))
    return { text: signedIn.cookies.get('latchkey') ?? '' }
  },
  async 'binding cookie'({ browser }) {
    const bound = browser()
    await bound.post('/sign-in/email-code', { email: ada })
    return { text: bindingIn(bound) ?? '' }
  },
  'device token': ({ device }) => Promise.resolve({ text: device }),
  'access token': ({ headers }) => Promise.resolve({ text: headers['authorization']?.slice('Bearer '.length) ?? '' }),
  'refresh token': ({ refreshToken }) => Promise.resolve({ text: refreshToken }),
}

const mints: Readonly<Record<string, ((of: Setting) => Promise<Secret>) | null>> = { ...handles, ...others }

const assertion = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
}
const attestation = { ...assertion, response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA' } }

type Place = (secret: string, by: TestBrowser, of: Setting) => Promise<TestAnswer>

/** Every field of every route that takes a secret, with whatever else would let it through as far as its purpose. */
const places: Readonly<Record<string, Place>> = {
  'proveFactorPassword.attempt': (attempt, by) =>
    by.post('/sign-in/factor/password', { attempt, password: 'a wrong horse' }),
  'proveFactorEmailCode.attempt': (attempt, by) => by.post('/sign-in/factor/email-code', { attempt, code: 'wrong' }),
  'resendFactorEmailCode.attempt': (attempt, by) => by.post('/sign-in/factor/email-code/resend', { attempt }),
  'openMagicLink.token': (token, by) => by.get(`/sign-in/magic-link?token=${token}`),
  'finishMagicLink.token': (token, by) => by.post('/sign-in/magic-link/finish', { token, code: 'wrong' }),
  'proveFactorTotp.attempt': (attempt, by) => by.post('/sign-in/factor/totp', { attempt, code: '000000' }),
  'confirmTotp.factorId': (factorId, by, { headers }) => by.post('/totp/confirm', { factorId, code: 'wrong' }, headers),
  'proveFactorRecoveryCode.attempt': (attempt, by) =>
    by.post('/sign-in/factor/recovery-code', { attempt, code: 'wrong' }),
  'finishPasskeySignIn.ticket': (ticket, by) => by.post('/sign-in/passkey/finish', { ticket, response: assertion }),
  'finishPasskeySignUp.ticket': (ticket, by) => by.post('/sign-up/passkey/finish', { ticket, response: attestation }),
  'startFactorPasskey.attempt': (attempt, by) => by.post('/sign-in/factor/passkey/start', { attempt }),
  'proveFactorPasskey.attempt': async (attempt, by, of) => {
    const { text: ticket } = (await handles['passkey-sign-in']?.(of)) ?? { text: '' }
    return by.post('/sign-in/factor/passkey/finish', { attempt, ticket, response: assertion })
  },
  'proveFactorPasskey.ticket': async (ticket, by, of) => {
    const { text: attempt } = (await handles['sign-in']?.(of)) ?? { text: '' }
    return by.post('/sign-in/factor/passkey/finish', { attempt, ticket, response: assertion })
  },
  'finishPasskeyRegistration.ticket': (ticket, by, { headers }) =>
    by.post('/passkeys/register/finish', { ticket, response: attestation }, headers),
  'returnFromProvider.state': (state, by) => by.get(`/sign-in/oauth/acme/callback?state=${state}&code=wrong`),
  // The attempt of token mode is what a cookie would be.
  'finishSignInWithProvider.ticket': (ticket, by) =>
    by.post('/sign-in/oauth/finish', { ticket, attempt: bindingIn(by) ?? 'none' }),
  'finishSignInWithProvider.attempt': async (attempt, by, of) => {
    const { text: ticket } = (await handles['oauth-ticket']?.(of)) ?? { text: '' }
    return by.post('/sign-in/oauth/finish', { attempt, ticket })
  },
  'confirmIdentity.attempt': (attempt, by, { headers }) => by.post('/identities/confirm', { attempt }, headers),
  'refreshSession.refreshToken': (refreshToken, by) => by.post('/session/refresh', { refreshToken }),
  'claimAdminLink.token': (token, by) =>
    by.post('/admin-link/claim', { token, email: 'root@example.com', password: 'short' }),
  'resetPassword.token': (token, by) => by.post('/password/reset', { token, password: 'short' }),
  'resetPassword.attempt': (attempt, by) =>
    by.post('/password/reset', { attempt, code: 'wrong', password: testPassword }),
  'verifyEmail.attempt': (attempt, by, { headers }) => by.post('/email/verify', { attempt, code: 'wrong' }, headers),
  'confirmEmailChange.attempt': (attempt, by, { headers }) =>
    by.post('/email/change/confirm', { attempt, code: 'wrong' }, headers),
  'undoEmailChange.token': (token, by) => by.post('/email/change/undo', { token }),
  'signInWithPassword.device': (device, by) =>
    by.post('/sign-in/password', { email: ada, password: testPassword, mode: 'token', device }),
  'the device cookie': (device, by) => {
    by.cookies.set('latchkey-device', device)
    return by.post('/sign-in/password', { email: ada, password: testPassword, mode: 'token' })
  },
  'the session cookie': (token, by) => {
    by.cookies.set('latchkey', token)
    return by.get('/session')
  },
  'the Authorization header': (token, by) => by.get('/session', { authorization: `Bearer ${token}` }),
  'the binding cookie': async (secret, by) => {
    const { body } = await by.post('/sign-in/email-code', { email: ada })
    by.cookies.set('latchkey-attempt', secret)
    const { attempt } = body
    return by.post('/sign-in/factor/email-code/resend', { attempt })
  },
}

/** Fields that are worth something to whoever holds them. `device` goes everywhere through one function; one route stands for all. */
const secretFields = ['attempt', 'factorId', 'refreshToken', 'state', 'ticket', 'token']
const harmlessFields =
  `blocked code currentPassword cursor delayHours device email emailVerified error iss kind limit locale mode name password reason redirectTo response
  role roles search status usage userId`.split(/\s+/)

function fieldsOf(schema: GenericSchema | undefined): readonly string[] {
  const { entries } = (schema ?? {}) as { readonly entries?: Readonly<Record<string, unknown>> }
  return Object.keys(entries ?? {})
}

/** Whether it worked. A refused return from a provider is a redirect too, and leading to the page of a link is no effect. */
function hasWorked(place: string, answer: TestAnswer): boolean {
  if (place === 'openMagicLink.token') return false
  if (place.endsWith('device') || place === 'the device cookie') return answer.body['status'] === 'signed_in'
  if (answer.status === 303) return landingOf(answer).fields['error'] === undefined
  return answer.status < 300
}

/** All that the secrets stand for, as the store has it. */
async function rowsOf({ storage }: TestAuth, secrets: Iterable<Secret>): Promise<string> {
  const rows: unknown[] = []
  for (const { text } of secrets) {
    const id = text.split('.')[0] ?? ''
    const [challengeId, sessionId, deviceId] = [parseChallengeId(id), parseSessionId(id), parseDeviceId(id)]
    rows.push(challengeId && (await storage.findChallenge(challengeId)))
    rows.push(sessionId && (await storage.findSession(sessionId)))
    rows.push(deviceId && (await storage.findDevice(deviceId)))
  }
  return JSON.stringify(rows)
}

describe('a secret', () => {
  it('has its place in this table, wherever a route takes one', async () => {
    const { test } = await createSetting()
    const taken = test.auth.routes.flatMap((route) =>
      [...fieldsOf(route.body), ...fieldsOf(route.query)].map((field) => ({ route, field })),
    )
    const unknown = taken.filter(({ field }) => !secretFields.includes(field) && !harmlessFields.includes(field))
    expect(unknown.map(({ route, field }) => `${route.id}.${field}`)).toEqual([])
    const wanted = taken.filter(({ field }) => secretFields.includes(field))
    expect(wanted.map(({ route, field }) => `${route.id}.${field}`).filter((place) => !(place in places))).toEqual([])
  })

  it('is taken in its own places and in no other, where it changes nothing and costs nobody anything', async () => {
    const setting = await createSetting()
    const secrets = new Map<string, Secret>()
    for (const [kind, mint] of Object.entries(mints)) if (mint !== null) secrets.set(kind, await mint(setting))
    for (const [kind, { text }] of secrets) expect([kind, text.length > 40]).toEqual([kind, true])

    const taken: Record<string, string[]> = {}
    for (const [place, present] of Object.entries(places)) {
      for (const [kind, secret] of secrets) {
        const before = await rowsOf(setting.test, secrets.values())
        const answer = await present(secret.text, setting.browser(secret), setting)
        const after = await rowsOf(setting.test, secrets.values())
        expect([place, kind, answer.status < 500]).toEqual([place, kind, true])
        if (!hasWorked(place, answer) && before === after) continue
        ;(taken[kind] ??= []).push(place)
        // What was used is got anew, for the places to come.
        if (mints[kind] !== null && kind in handles) secrets.set(kind, (await mints[kind]?.(setting)) ?? secret)
      }
    }
    expect(taken).toEqual({
      'sign-in': ['proveFactorEmailCode.attempt', 'resendFactorEmailCode.attempt'],
      'sign-up': ['proveFactorEmailCode.attempt', 'resendFactorEmailCode.attempt'],
      'password-reset': ['resetPassword.token'],
      'password-reset-code': ['resetPassword.attempt'],
      'email-verify': ['resendFactorEmailCode.attempt', 'verifyEmail.attempt'],
      'admin-link': ['claimAdminLink.token'],
      'magic-link': ['finishMagicLink.token'],
      // A code that was never mailed is a wrong one, and costs a try.
      'step-up': ['proveFactorPassword.attempt', 'proveFactorEmailCode.attempt'],
      'totp-enrolment': ['confirmTotp.factorId'],
      'passkey-registration': ['finishPasskeyRegistration.ticket'],
      'passkey-sign-in': ['finishPasskeySignIn.ticket'],
      'passkey-sign-up': ['finishPasskeySignUp.ticket'],
      'oauth-state': ['returnFromProvider.state'],
      'oauth-ticket': ['finishSignInWithProvider.ticket'],
      'oauth-link': ['confirmIdentity.attempt'],
      'email-change': ['resendFactorEmailCode.attempt', 'confirmEmailChange.attempt'],
      'email-change-undo': ['undoEmailChange.token'],
      'session cookie': ['the session cookie'],
      'device token': ['signInWithPassword.device', 'the device cookie'],
      'access token': ['the Authorization header'],
      'refresh token': ['refreshSession.refreshToken'],
    })
  }, 60_000)
})
