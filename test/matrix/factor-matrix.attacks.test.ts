import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { magicLink } from '../../packages/latchkey/src/methods/magic-link/index.ts'
import { passkey } from '../../packages/latchkey/src/methods/passkey/index.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { recoveryCode } from '../../packages/latchkey/src/methods/recovery-code/index.ts'
import { totp } from '../../packages/latchkey/src/methods/totp/index.ts'
import {
  createSoftwareAuthenticator,
  type SoftwareAuthenticator,
} from '../../packages/latchkey/src/testing/software-authenticator.ts'
import { testPassword } from '../../packages/latchkey/src/testing/test-auth.ts'
import type { TestBrowser } from '../../packages/latchkey/src/testing/test-browser.ts'
import { provePasskey, registerPasskey, signInWithPasskey } from '../../packages/latchkey/src/testing/test-passkey.ts'
import { enrolTestTotp, type TestAuthenticator } from '../../packages/latchkey/src/testing/test-totp.ts'
import { atLoopback, createOAuthJourney, redirectUriOf, type OAuthJourney } from '../oidc/oauth-journey.ts'
import { startRealProvider, type RealProvider } from '../oidc/real-provider.ts'

const email = 'ada@example.com'
const sessionCookie = '__Host-latchkey'
type Mode = 'cookie' | 'token'
type Second = 'totp' | 'recovery_code' | 'passkey'

/** A person who signed up with a password, linked an identity, and enrolled something. */
interface Person {
  readonly test: OAuthJourney
  readonly app: TestAuthenticator | null
  readonly authenticator: SoftwareAuthenticator
  /** Those that are left. */
  readonly recoveryCodes: string[]
}

/** What a step of a sign-in answered, wherever that stands: in a body, or behind the `#` of a page. */
interface Step {
  readonly status: string
  readonly attempt: string
  readonly factors: string
  readonly text: string
}

let acme: RealProvider

beforeAll(async () => {
  acme = await startRealProvider([redirectUriOf('acme')])
  acme.person = { subject: 'ada-at-acme', email, emailVerified: true, name: 'Ada' }
})

afterAll(() => acme.stop())

function stepOf({ body, text }: { readonly body: Readonly<Record<string, unknown>>; readonly text: string }): Step {
  const {
    status,
    attempt = '',
    factors = [],
  } = body as {
    readonly status?: string
    readonly attempt?: string
    readonly factors?: readonly string[]
  }
  return { status: String(status), attempt, factors: factors.join(' '), text }
}

/** Every way to begin. */
const firsts: Readonly<Record<string, (person: Person, browser: TestBrowser, mode: Mode) => Promise<Step>>> = {
  password: async (_, browser, mode) =>
    stepOf(await browser.post('/sign-in/password', { email, password: testPassword, mode })),
  'mailed code': async ({ test }, browser, mode) => {
    const asked = await browser.post('/sign-in/email-code', { email, mode })
    return stepOf(await test.proveCode(browser, asked, await test.codeFor(email)))
  },
  'mailed link': async ({ test }, browser, mode) => {
    await browser.post('/sign-in/magic-link', { email, mode })
    const [, token] = (await test.linkFor(email)).split('#token=')
    const code = mode === 'token' ? { code: await test.codeFor(email) } : {}
    return stepOf(await browser.post('/sign-in/magic-link/finish', { token, mode, ...code }))
  },
  'link in another browser': async ({ test }, browser, mode) => {
    await test.browser().post('/sign-in/magic-link', { email, mode })
    const [, token] = (await test.linkFor(email)).split('#token=')
    const code = await test.codeFor(email)
    return stepOf(await browser.post('/sign-in/magic-link/finish', { token, mode, code }))
  },
  'reset and password': async (person, browser, mode) => {
    const { test } = person
    await browser.post('/password/reset-request', { email })
    const [, token] = (await test.linkFor(email)).split('#token=')
    const chosen = `another horse battery staple ${person.recoveryCodes.length} ${mode}`
    const reset = await browser.post('/password/reset', { token, password: chosen })
    expect([reset.status, (await browser.get('/session')).status]).toEqual([204, 401])
    return stepOf(await browser.post('/sign-in/password', { email, password: chosen, mode }))
  },
  identity: async ({ test }, browser) => {
    const { answer, fields, page } = await test.signInAt(acme, browser)
    const factors = (fields['factors'] ?? '').split(',').join(' ')
    const status = fields['attempt'] === undefined ? page : 'needs_factor'
    return { status, attempt: fields['attempt'] ?? '', factors, text: `${answer.text}${JSON.stringify(fields)}` }
  },
}

/** What a person has, and what may be given for it. */
const enrolments: Readonly<Record<string, readonly Second[]>> = {
  'authenticator app': ['totp', 'recovery_code'],
  'passkey beside': ['passkey', 'recovery_code'],
  'passkey for both': ['passkey', 'recovery_code'],
  'app and passkey': ['totp', 'passkey', 'recovery_code'],
}

async function createPerson(enrolled: string): Promise<Person> {
  const limit = { limit: 1_000, windowMs: 60_000 }
  const test = createOAuthJourney({
    providers: [atLoopback(acme.issuer)],
    methods: (social) => ({
      methods: [password(), emailCode(), magicLink(), totp(), recoveryCode(), passkey(), social],
      limits: {
        mailPerAddress: limit,
        linkPerAddress: limit,
        linkPerNetwork: limit,
        resetPerAddress: limit,
        factorPerAccount: limit,
      },
    }),
  })
  const own = await test.signUp(email)
  const link = await own.post('/identities/acme/link', {})
  const { fields } = await test.comeBack(own, await acme.visit(String(link.body['url'])))
  expect((await own.post('/identities/confirm', { attempt: fields['attempt'] })).status).toBe(200)
  const authenticator = createSoftwareAuthenticator()
  const recoveryCodes: string[] = []
  let app: TestAuthenticator | null = null
  if (enrolled.includes('app')) {
    app = await enrolTestTotp(test, own)
    recoveryCodes.push(...app.recoveryCodes)
  }
  if (enrolled.includes('passkey')) {
    const usage = enrolled === 'passkey beside' ? 'factor' : 'both'
    const registered = await registerPasskey(own, authenticator, { usage })
    recoveryCodes.push(...((registered.body['recoveryCodes'] ?? []) as readonly string[]))
  }
  expect(recoveryCodes).toHaveLength(10)
  return { test, app, authenticator, recoveryCodes }
}

/** Tries everything that the browser holds between the two proofs as if it were a session. */
async function opensAnything(person: Person, browser: TestBrowser, step: Step): Promise<readonly string[]> {
  const opened: string[] = []
  const candidates = [...browser.cookies.values(), step.attempt, ...(step.text.match(/[\w-]{20,}(\.[\w-]+)*/g) ?? [])]
  if (browser.cookies.has(sessionCookie)) opened.push('a session cookie was set')
  if (/accessToken|refreshToken/.test(step.text)) opened.push('tokens were given')
  for (const path of ['/session', '/sessions', '/account/factors'])
    if ((await browser.get(path)).status !== 401) opened.push(path)
  for (const candidate of new Set(candidates)) {
    const thief = person.test.browser()
    thief.cookies.set(sessionCookie, candidate)
    if ((await thief.get('/session')).status !== 401) opened.push('as a cookie')
    const bearer = { authorization: `Bearer ${candidate}` }
    if ((await person.test.browser().get('/session', bearer)).status !== 401) opened.push('as a bearer token')
    const refreshed = await person.test.browser().post('/session/refresh', { refreshToken: candidate })
    if (refreshed.status !== 401 && refreshed.status !== 422) opened.push('as a refresh token')
  }
  return opened
}

async function giveWrong(browser: TestBrowser, attempt: string, second: Second): Promise<number> {
  if (second === 'totp') return (await browser.post('/sign-in/factor/totp', { attempt, code: '000000' })).status
  if (second === 'recovery_code')
    return (await browser.post('/sign-in/factor/recovery-code', { attempt, code: '00000-00000' })).status
  const stranger = createSoftwareAuthenticator()
  return (await provePasskey(browser, attempt, strangerWith(stranger))).status
}

/** An authenticator that signs for this account with a key that is not the account's. */
function strangerWith(stranger: SoftwareAuthenticator): SoftwareAuthenticator {
  const creation = {
    rp: { id: 'app.example.com', name: 'x' },
    user: { id: 'AAAA', name: 'x', displayName: 'x' },
    challenge: 'AAAA',
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    excludeCredentials: [],
  }
  stranger.create(creation)
  const [credentialId = ''] = stranger.credentialIds()
  return { ...stranger, get: (options) => stranger.get(options, { credentialId }) }
}

async function giveRight(person: Person, browser: TestBrowser, attempt: string, second: Second): Promise<Step> {
  if (second === 'passkey') return stepOf(await provePasskey(browser, attempt, person.authenticator))
  const code = second === 'totp' ? await person.app?.nextCode() : person.recoveryCodes[0]
  const path = second === 'totp' ? '/sign-in/factor/totp' : '/sign-in/factor/recovery-code'
  const step = stepOf(await browser.post(path, { attempt, code }))
  if (second === 'recovery_code' && step.status === 'signed_in') person.recoveryCodes.shift()
  return step
}

/** One cell of the matrix, told in one line. */
async function play(person: Person, first: string, second: Second, mode: Mode, browser: TestBrowser): Promise<string> {
  const begin = firsts[first]
  if (begin === undefined) throw new TypeError(`no such way in: ${first}`)
  const step = await begin(person, browser, mode)
  if (step.status !== 'needs_factor') return `opened after one proof: ${step.status}`
  if (!step.factors.split(' ').includes(second)) return `did not ask for it: ${step.factors}`
  const opened = await opensAnything(person, browser, step)
  if (opened.length > 0) return `opened in between: ${opened.join(', ')}`
  const wrong = await giveWrong(browser, step.attempt, second)
  if (wrong !== 401) return `a wrong one answered ${wrong}`
  if ((await browser.get('/session')).status !== 401) return 'opened after a wrong one'
  const finished = await giveRight(person, browser, step.attempt, second)
  if (finished.status !== 'signed_in') return `the right one did not open it: ${finished.text}`
  const { aal } = (JSON.parse(finished.text) as { readonly session: { readonly aal: number } }).session
  if (/"tokens"/.test(finished.text) !== (mode === 'token'))
    return 'tokens where a cookie was asked for, or the reverse'
  const again = await giveRight(person, browser, step.attempt, second)
  return again.status === 'signed_in' ? 'opened twice' : `AAL${aal}`
}

/** By the standards (assurance/assurance.ts): mail counts for nothing, a verified passkey for everything. */
function levelOf(first: string, second: Second): string {
  if (second === 'passkey') return 'AAL2'
  const known = first.includes('password') ? 'typed' : first === 'identity' ? 'provider' : 'mail'
  if (known === 'mail') return 'AAL1'
  return second === 'recovery_code' && known === 'typed' ? 'AAL1' : 'AAL2'
}

async function playAll(enrolled: string, onKnownDevice: boolean): Promise<readonly string[]> {
  const wrong: string[] = []
  let played = 0
  for (const first of Object.keys(firsts)) {
    const person = await createPerson(enrolled)
    for (const second of enrolments[enrolled] ?? []) {
      for (const mode of first === 'identity' ? (['cookie'] as const) : (['cookie', 'token'] as const)) {
        if (onKnownDevice && first.startsWith('reset')) continue
        const browser = onKnownDevice ? await knownBrowser(person, second) : person.test.browser()
        const told = await play(person, first, second, mode, browser)
        played += 1
        if (told !== levelOf(first, second)) wrong.push(`${first} × ${second} × ${mode}: ${told}`)
      }
    }
  }
  expect(played).toBeGreaterThan(10)
  return wrong
}

/** A browser that has been through a whole sign-in, and signed out. */
async function knownBrowser(person: Person, second: Second): Promise<TestBrowser> {
  const browser = person.test.browser()
  const asked = await browser.post('/sign-in/email-code', { email })
  const step = stepOf(await person.test.proveCode(browser, asked, await person.test.codeFor(email)))
  expect((await giveRight(person, browser, step.attempt, second)).status).toBe('signed_in')
  expect(browser.cookies.has('__Host-latchkey-device')).toBe(true)
  await browser.delete('/session')
  return browser
}

describe('every first factor with every enrolled second factor, in both modes of a session', () => {
  it('opens nothing before the second proof, and one session after it, for an authenticator app', async () => {
    expect(await playAll('authenticator app', false)).toEqual([])
  }, 60_000)

  it('… for a passkey that stands beside the password alone', async () => {
    expect(await playAll('passkey beside', false)).toEqual([])
  }, 60_000)

  it('… for a passkey that is good for both', async () => {
    expect(await playAll('passkey for both', false)).toEqual([])
  }, 60_000)

  it('… for an app and a passkey', async () => {
    expect(await playAll('app and passkey', false)).toEqual([])
  }, 60_000)

  it('… also in a browser that is known from a whole sign-in', async () => {
    expect(await playAll('app and passkey', true)).toEqual([])
  }, 60_000)
})

describe('a passkey as the first factor', () => {
  it('opens a session by itself only with user verification, and only where it is meant to', async () => {
    const both = await createPerson('app and passkey')
    const mode = 'token'
    const verified = stepOf(await signInWithPasskey(both.test.browser(), both.authenticator, { mode }))
    expect(verified.status).toBe('signed_in')
    expect(verified.text).toContain('"aal":2')
    const present = { userVerified: false }
    const unverified = both.test.browser()
    const refused = await signInWithPasskey(unverified, both.authenticator, { twist: present })
    expect([refused.status, (await unverified.get('/session')).status]).toEqual([401, 401])
    const beside = await createPerson('passkey beside')
    const stranger = beside.test.browser()
    expect((await signInWithPasskey(stranger, beside.authenticator)).status).toBe(401)
    expect((await stranger.get('/session')).status).toBe(401)
  })
})
