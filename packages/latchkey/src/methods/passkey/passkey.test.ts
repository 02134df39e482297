import { describe, expect, it } from 'vitest'
import { brand } from '../../platform/brand.ts'
import { minuteMs } from '../../platform/clock.ts'
import type { SoftwareAuthenticator } from '../../testing/software-authenticator.ts'
import { createSoftwareAuthenticator } from '../../testing/software-authenticator.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestBrowser } from '../../testing/test-browser.ts'
import { provePasskey, registerPasskey, signInWithPasskey } from '../../testing/test-passkey.ts'
import type { UserId } from '../../user/user.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { recoveryCode } from '../recovery-code/index.ts'
import { passkey } from './index.ts'
import type { PasskeyOptions } from './options.ts'

const email = 'ada@example.com'

function createPasskeyAuth({ passkeys, ...options }: TestAuthOptions & { passkeys?: PasskeyOptions } = {}): TestAuth {
  return createTestAuth({ methods: [password(), emailCode(), recoveryCode(), passkey(passkeys)], ...options })
}

interface Person {
  readonly test: TestAuth
  readonly ada: TestBrowser
  readonly authenticator: SoftwareAuthenticator
}

/** Ada is signed in with a password and has registered a passkey. */
async function withPasskey(
  fields: Parameters<typeof registerPasskey>[2] = {},
  authenticator: SoftwareAuthenticator = createSoftwareAuthenticator(),
  test: TestAuth = createPasskeyAuth(),
): Promise<Person> {
  const ada = await test.signUp(email)
  const registered = await registerPasskey(ada, authenticator, fields)
  expect(registered.status).toBe(200)
  return { test, ada, authenticator }
}

async function passkeysOf(browser: TestBrowser): Promise<readonly Record<string, unknown>[]> {
  return (await browser.get('/passkeys')).body['passkeys'] as readonly Record<string, unknown>[]
}

describe('registering a passkey', () => {
  it('binds it, tells the owner by mail, and gives recovery codes with the first second factor', async () => {
    const test = createPasskeyAuth()
    const ada = await test.signUp(email)
    test.mailbox.clear()
    const authenticator = createSoftwareAuthenticator({ kind: 'synced', aaguid: 'bada5566a7aa401fbd9645619a55120d' })
    const first = await registerPasskey(ada, authenticator)
    expect(first.body).toMatchObject({
      passkey: { name: '1Password', usage: 'both', synced: true, lastUsedAt: null },
    })
    expect(first.body['recoveryCodes']).toHaveLength(10)
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ to, subject }) => [to, /passkey|added/i.test(subject)])).toEqual([[email, true]])
    expect(await test.events()).toContain('passkey.added')

    // The session has not proved what is enrolled now.
    expect((await registerPasskey(ada, createSoftwareAuthenticator())).body['code']).toBe('aal_required')
  })

  it('gives no codes where none are taken, and no sign-in asks for one', async () => {
    const test = createTestAuth({ methods: [password(), emailCode(), passkey()] })
    const ada = await test.signUp(email)
    const registered = await registerPasskey(ada, createSoftwareAuthenticator())
    expect(Object.keys(registered.body)).toEqual(['passkey'])
    const asked = await test.browser().post('/sign-in/password', { email, password: testPassword })
    expect(asked.body['factors']).toEqual(['passkey'])
  })

  it('shows the browser whom it is for, what it holds already, and no id of ours', async () => {
    const { ada, authenticator } = await withPasskey({ usage: 'primary' })
    const started = await ada.post('/passkeys/register/start')
    const options = started.body['options'] as Record<string, Record<string, unknown>>
    expect(options).toMatchObject({
      rp: { id: 'app.example.com', name: 'Latchkey' },
      user: { name: email, displayName: email },
      attestation: 'none',
      timeout: 300_000,
      excludeCredentials: [{ id: authenticator.credentialIds()[0], type: 'public-key' }],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      pubKeyCredParams: [{ alg: -8 }, { alg: -7 }, { alg: -257 }],
    })
    const { id } = ((await ada.get('/session')).body as { user: { id: string } }).user
    expect(started.text).not.toContain(id)
    expect(String(options['user']?.['id'])).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('keeps one user handle a person, so that one authenticator holds one key of the account', async () => {
    const { ada } = await withPasskey({ usage: 'primary' })
    const handles = []
    for (let times = 0; times < 2; times++) {
      const { body } = await ada.post('/passkeys/register/start')
      handles.push((body['options'] as { user: { id: string } }).user.id)
    }
    expect(new Set(handles).size).toBe(1)
  })

  it('wants a recent sign-in', async () => {
    const test = createPasskeyAuth()
    const ada = await test.signUp(email)
    await test.clock.advance(16 * minuteMs)
    expect((await ada.post('/passkeys/register/start')).body['code']).toBe('fresh_required')
  })

  it('gives no codes to whoever has some, and none with a passkey that is no second factor', async () => {
    const { test, ada, authenticator } = await withPasskey({ usage: 'primary' })
    expect((await ada.get('/account/factors')).body).toMatchObject({ passkeys: 1, recoveryCodes: 0, secondFactors: [] })
    const second = createSoftwareAuthenticator()
    expect((await registerPasskey(ada, second)).body['recoveryCodes']).toHaveLength(10)
    const browser = test.browser()
    await signInWithPasskey(browser, authenticator)
    const third = await registerPasskey(browser, createSoftwareAuthenticator())
    expect(third.body).toHaveProperty('passkey')
    expect(third.body).not.toHaveProperty('recoveryCodes')
  })

  it('gives no codes where they were used up or are there already: asking for new ones is a step of its own', async () => {
    const { test, ada, authenticator } = await withPasskey()
    const user = await test.auth.users.findByEmail(email)
    const userId = brand<UserId>(user?.id ?? '')
    const codes = (await test.storage.findSubject(userId))?.credentials.filter(
      ({ method }) => method === 'recovery-code',
    )
    const drop = (method: 'passkey' | 'recovery-code'): Promise<unknown> =>
      test.storage.commit([{ kind: 'removeCredentials', userId, methods: [method] }], test.clock.now())
    await drop('recovery-code')
    const raised = test.browser()
    await signInWithPasskey(raised, authenticator)
    expect((await registerPasskey(raised, createSoftwareAuthenticator())).body).not.toHaveProperty('recoveryCodes')

    await drop('passkey')
    const [left] = codes ?? []
    if (left === undefined) throw new Error('codes were issued')
    await test.storage.commit([{ kind: 'addCredential', credential: left }], test.clock.now())
    expect((await registerPasskey(ada, createSoftwareAuthenticator())).body).not.toHaveProperty('recoveryCodes')
  })

  it('makes what asked for no PIN a second factor and nothing more', async () => {
    const bare = createSoftwareAuthenticator({ userVerification: false })
    const test = createPasskeyAuth()
    const ada = await test.signUp(email)
    expect((await registerPasskey(ada, bare, { usage: 'primary' })).body['code']).toBe('passkey_refused')
    expect((await registerPasskey(ada, bare, { usage: 'both' })).body).toMatchObject({ passkey: { usage: 'factor' } })
    expect(await test.events()).toContain('passkey.registration_failed user_unverified')
    const { attempt } = (await ada.post('/session/step-up')).body
    expect((await provePasskey(ada, attempt, bare)).body['status']).toBe('signed_in')
    const [{ id } = {}] = await passkeysOf(ada)
    const usage = (): Promise<number> =>
      ada.put(`/passkeys/${String(id)}/usage`, { usage: 'both' }).then(({ status }) => status)
    expect(await usage()).toBe(409)
    // Once it asked for one, it can.
    const again = (await ada.post('/session/step-up')).body['attempt']
    await provePasskey(ada, again, bare, { userVerified: true })
    expect(await usage()).toBe(200)
  })

  it('takes only keys that stay where they are, if it is told so', async () => {
    const test = createPasskeyAuth({ passkeys: { syncable: false } })
    const ada = await test.signUp(email)
    expect((await registerPasskey(ada, createSoftwareAuthenticator({ kind: 'synced' }))).status).toBe(401)
    expect((await registerPasskey(ada, createSoftwareAuthenticator())).status).toBe(200)
    expect(await test.events()).toContain('passkey.registration_failed syncable')
  })

  it('takes only makes that are proved, if it is told so', async () => {
    const { readFileSync } = await import('node:fs')
    const vectors = new URL('../../../../../test/vectors/webauthn-l3.json', import.meta.url)
    const { attestationRootCertificate } = JSON.parse(readFileSync(vectors, 'utf8')) as Record<string, string>
    const base64 = Buffer.from(attestationRootCertificate ?? '', 'hex').toString('base64')
    const root = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
    const test = createPasskeyAuth({ passkeys: { trustedRoots: [root] } })
    const ada = await test.signUp(email)
    const started = await ada.post('/passkeys/register/start')
    expect(started.body['options']).toMatchObject({ attestation: 'direct' })
    expect((await registerPasskey(ada, createSoftwareAuthenticator())).body['code']).toBe('passkey_refused')
    expect(await test.events()).toContain('passkey.registration_failed untrusted_attestation')
  })
})

describe('signing in with a passkey alone', () => {
  it('opens a session at AAL2 without an address, on a device that nobody knows', async () => {
    const { test, authenticator } = await withPasskey()
    const browser = test.browser()
    const answer = await signInWithPasskey(browser, authenticator)
    expect(answer.body).toMatchObject({
      status: 'signed_in',
      user: { email },
      session: { aal: 2, amr: ['hwk', 'user'] },
    })
    expect((await browser.get('/session')).status).toBe(200)
    expect(await passkeysOf(browser)).toMatchObject([{ lastUsedAt: '2026-11-02T09:00:00.000Z' }])
    const events = await test.storage.listEvents({ limit: 5 })
    const success = events.items.find(({ kind }) => kind === 'login.success')
    expect(JSON.parse(success?.data ?? '{}')).toMatchObject({ methods: 'passkey', aal: 2 })
  })

  it('gives tokens in token mode', async () => {
    const { test, authenticator } = await withPasskey()
    const answer = await signInWithPasskey(test.browser(), authenticator, { mode: 'token' })
    expect(answer.body).toMatchObject({ status: 'signed_in', tokens: { tokenType: 'Bearer' } })
    expect(answer.setCookies).toEqual([])
  })

  it('names nobody and no credential before the proof', async () => {
    const { test } = await withPasskey()
    const started = await test.browser().post('/sign-in/passkey/start', {})
    expect(started.body['options']).toEqual({
      rpId: 'app.example.com',
      challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string,
      timeout: 300_000,
      allowCredentials: [],
      userVerification: 'required',
    })
  })

  it('stays possible any number of times with a key that does not count, and notes whether it is synced', async () => {
    const { test, authenticator } = await withPasskey({}, createSoftwareAuthenticator({ kind: 'synced' }))
    for (const backedUp of [true, false, true]) {
      const browser = test.browser()
      const answer = await signInWithPasskey(browser, authenticator, { twist: { backedUp } })
      expect(answer.body['status']).toBe('signed_in')
      expect(await passkeysOf(browser)).toMatchObject([{ synced: backedUp }])
    }
  })

  it('keeps a name that was given while somebody signed in', async () => {
    const { test, authenticator } = await withPasskey({ name: 'old' })
    const browser = test.browser()
    await signInWithPasskey(browser, authenticator)
    const [{ id } = {}] = await passkeysOf(browser)
    const started = await test.browser().post('/sign-in/passkey/start', { mode: 'token' })
    const response = authenticator.get(started.body['options'])
    await browser.patch(`/passkeys/${String(id)}`, { name: 'new' })
    const finished = await test.browser().post('/sign-in/passkey/finish', { ticket: started.body['ticket'], response })
    expect(finished.status).toBe(200)
    expect(await passkeysOf(browser)).toMatchObject([{ name: 'new' }])
  })

  it('does not cut off an attempt that is pending in the same browser', async () => {
    const { test } = await withPasskey({ usage: 'primary' })
    const browser = test.browser()
    const pending = await browser.post('/sign-in/password', { email, password: testPassword })
    const started = await browser.post('/sign-in/passkey/start', {})
    expect(started.setCookies).toEqual([])
    expect((await test.proveCode(browser, pending, await test.codeFor(email))).body['status']).toBe('signed_in')
  })

  it('is not there where passkeys are second factors only', async () => {
    const test = createPasskeyAuth({ passkeys: { firstFactor: false } })
    const browser = await test.signUp(email)
    expect((await browser.post('/sign-in/passkey/start', {})).status).toBe(404)
    expect((await browser.post('/sign-up/passkey/start', { email })).status).toBe(404)
    const config = (await browser.get('/config')).body as { methods: Record<string, unknown> }
    expect(config.methods['passkey']).toEqual({ rpId: 'app.example.com', firstFactor: false, signUp: false })
  })
})

describe('a passkey as second factor', () => {
  it('is asked for after the password and after the mailed code, and finishes the sign-in', async () => {
    const { test, authenticator } = await withPasskey()
    const browser = test.browser()
    const first = await browser.post('/sign-in/password', { email, password: testPassword })
    expect(first.body).toMatchObject({ status: 'needs_factor', factors: ['passkey', 'recovery_code'] })
    const done = await provePasskey(browser, first.body['attempt'], authenticator, { userVerified: false })
    expect(done.body).toMatchObject({ status: 'signed_in', session: { aal: 2, amr: ['pwd', 'hwk'] } })

    const other = test.browser()
    const mailed = await other.post('/sign-in/email-code', { email })
    const second = await test.proveCode(other, mailed, await test.codeFor(email))
    expect(second.body).toMatchObject({ status: 'needs_factor', factors: ['passkey', 'recovery_code'] })
    const finished = await provePasskey(other, second.body['attempt'], authenticator)
    expect(finished.body).toMatchObject({ status: 'signed_in', session: { aal: 2 } })
  })

  it('gets options for this person only', async () => {
    const { test, authenticator } = await withPasskey({ usage: 'factor' })
    const browser = test.browser()
    const first = await browser.post('/sign-in/password', { email, password: testPassword })
    const { attempt } = first.body
    const started = await browser.post('/sign-in/factor/passkey/start', { attempt })
    expect(started.body['options']).toMatchObject({
      allowCredentials: [{ id: authenticator.credentialIds()[0], transports: ['usb'] }],
      userVerification: 'preferred',
    })
  })

  it('can be begun again and again: asking takes none of the tries', async () => {
    const { test, authenticator } = await withPasskey()
    const browser = test.browser()
    const first = await browser.post('/sign-in/password', { email, password: testPassword })
    const { attempt } = first.body
    for (let times = 0; times < 12; times++)
      expect((await browser.post('/sign-in/factor/passkey/start', { attempt })).status).toBe(200)
    expect((await provePasskey(browser, attempt, authenticator)).status).toBe(200)
  })

  it('raises a session, which goes on under a new secret', async () => {
    const { ada, authenticator } = await withPasskey()
    const before = new Map(ada.cookies)
    const attempt = (await ada.post('/session/step-up')).body['attempt']
    const done = await provePasskey(ada, attempt, authenticator)
    expect(done.body).toMatchObject({ status: 'signed_in', session: { aal: 2 } })
    expect(ada.cookies).not.toEqual(before)
    expect((await registerPasskey(ada, createSoftwareAuthenticator())).status).toBe(200)
  })

  it('raises the session of whoever has nothing but a passkey to sign in with, and then wants all of it', async () => {
    const test = createPasskeyAuth()
    const authenticator = createSoftwareAuthenticator()
    const browser = test.browser()
    const started = await browser.post('/sign-up/passkey/start', { email })
    const response = authenticator.create(started.body['options'])
    const waiting = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
    await test.proveCode(browser, waiting, await test.codeFor(email))
    await test.clock.advance(20 * minuteMs)
    const stepUp = await browser.post('/session/step-up')
    expect(stepUp.body['factors']).toEqual(['passkey'])
    const { attempt } = stepUp.body
    const bare = await provePasskey(browser, attempt, authenticator, { userVerified: false })
    expect(bare.body['code']).toBe('passkey_refused')
    expect((await provePasskey(browser, attempt, authenticator)).body['status']).toBe('signed_in')
    expect((await browser.post('/passkeys/register/start')).status).toBe(200)
  })
})

describe('registering with a passkey in place of a password', () => {
  it('opens a session once the address is proved, and the passkey is a way in', async () => {
    const test = createPasskeyAuth()
    const browser = test.browser()
    const authenticator = createSoftwareAuthenticator()
    const started = await browser.post('/sign-up/passkey/start', { email, name: 'Ada' })
    expect(started.body['options']).toMatchObject({
      user: { name: email, displayName: 'Ada' },
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    })
    const response = authenticator.create(started.body['options'])
    const waiting = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
    expect(waiting.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'], sentTo: 'a…@example.com' })
    expect((await browser.get('/session')).status).toBe(401)
    expect((await signInWithPasskey(test.browser(), authenticator)).body['code']).toBe('passkey_refused')
    const done = await test.proveCode(browser, waiting, await test.codeFor(email))
    expect(done.body).toMatchObject({ status: 'signed_in', user: { email, name: 'Ada', emailVerified: true } })
    expect(await passkeysOf(browser)).toMatchObject([{ usage: 'primary' }])
    const again = await signInWithPasskey(test.browser(), authenticator)
    expect(again.body).toMatchObject({ status: 'signed_in', session: { aal: 2 } })
  })

  it('leaves the mailed code as the way back for whoever loses the only passkey', async () => {
    const test = createPasskeyAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up/passkey/start', { email })
    const response = createSoftwareAuthenticator().create(started.body['options'])
    const waiting = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
    await test.proveCode(browser, waiting, await test.codeFor(email))
    const elsewhere = test.browser()
    const asked = await elsewhere.post('/sign-in/email-code', { email })
    expect((await test.proveCode(elsewhere, asked, await test.codeFor(email))).body['status']).toBe('signed_in')
  })

  it('wants a PIN or biometric', async () => {
    const test = createPasskeyAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up/passkey/start', { email })
    const response = createSoftwareAuthenticator({ userVerification: false }).create(started.body['options'])
    const refused = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
    expect(refused.body['code']).toBe('passkey_refused')
    expect(await test.events()).toEqual(['sign_up.refused user_unverified'])
  })
})

describe('the passkeys of a person', () => {
  it('can be named and removed; the last removal ends other sessions, drops the codes and is told by mail', async () => {
    const { test, ada, authenticator } = await withPasskey()
    const browser = test.browser()
    await signInWithPasskey(browser, authenticator)
    const [{ id } = {}] = await passkeysOf(browser)
    const renamed = await browser.patch(`/passkeys/${String(id)}`, { name: 'The blue one' })
    expect(renamed.body).toMatchObject({ passkey: { id, name: 'The blue one' } })
    await test.auth.drainOutbox()
    test.mailbox.clear()
    expect((await browser.delete(`/passkeys/${String(id)}`)).status).toBe(204)
    expect(await passkeysOf(browser)).toEqual([])
    expect((await ada.get('/session')).status).toBe(401)
    expect((await browser.get('/account/factors')).body).toMatchObject({ recoveryCodes: 0, secondFactors: [] })
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ to }) => to)).toEqual([email])
    expect((await signInWithPasskey(test.browser(), authenticator)).body['code']).toBe('passkey_refused')
    expect(await test.events()).toEqual(expect.arrayContaining(['passkey.renamed', 'passkey.removed']))
  })

  it('can become second factors and cease to be: with codes, mail, and the end of other sessions', async () => {
    const { test, ada, authenticator } = await withPasskey({ usage: 'primary' })
    const [{ id } = {}] = await passkeysOf(ada)
    const raised = await ada.put(`/passkeys/${String(id)}/usage`, { usage: 'both' })
    expect(raised.body).toMatchObject({ passkey: { usage: 'both' } })
    expect(raised.body['recoveryCodes']).toHaveLength(10)
    // Not proved in this session yet.
    expect((await ada.put(`/passkeys/${String(id)}/usage`, { usage: 'primary' })).body['code']).toBe('aal_required')
    const browser = test.browser()
    await signInWithPasskey(browser, authenticator)
    const narrowed = await browser.put(`/passkeys/${String(id)}/usage`, { usage: 'factor' })
    expect(narrowed.body).toMatchObject({ passkey: { usage: 'factor' } })
    expect((await ada.get('/session')).status).toBe(401)
    const again = test.browser()
    const { attempt } = (await again.post('/sign-in/password', { email, password: testPassword })).body
    expect((await provePasskey(again, attempt, authenticator)).body['status']).toBe('signed_in')
    const lowered = await browser.put(`/passkeys/${String(id)}/usage`, { usage: 'primary' })
    expect(lowered.body).toMatchObject({ passkey: { usage: 'primary' } })
    expect((await again.get('/session')).status).toBe(401)
    expect((await browser.get('/account/factors')).body).toMatchObject({ recoveryCodes: 0, secondFactors: [] })
  })

  it('never lose the last way in', async () => {
    const test = createTestAuth({ methods: [password(), emailCode({ firstFactor: false }), passkey()] })
    const browser = test.browser()
    const authenticator = createSoftwareAuthenticator()
    const started = await browser.post('/sign-up/passkey/start', { email })
    const response = authenticator.create(started.body['options'])
    const waiting = await browser.post('/sign-up/passkey/finish', { ticket: started.body['ticket'], response })
    await test.proveCode(browser, waiting, await test.codeFor(email))
    const [{ id } = {}] = await passkeysOf(browser)
    expect((await browser.delete(`/passkeys/${String(id)}`)).body['code']).toBe('last_way_in')
    expect((await browser.put(`/passkeys/${String(id)}/usage`, { usage: 'factor' })).body['code']).toBe('last_way_in')
    await registerPasskey(browser, createSoftwareAuthenticator(), { usage: 'factor' })
    const raised = test.browser()
    await signInWithPasskey(raised, authenticator)
    expect((await raised.delete(`/passkeys/${String(id)}`)).status).toBe(409)
  })

  it('are refused beyond fifty', async () => {
    const test = createPasskeyAuth({ limits: { ceremonyPerNetwork: { limit: 1_000, windowMs: minuteMs } } })
    const ada = await test.signUp(email)
    for (let times = 0; times < 50; times++)
      await registerPasskey(ada, createSoftwareAuthenticator(), { usage: 'primary' })
    expect((await ada.post('/passkeys/register/start')).body['code']).toBe('conflict')
    expect(await passkeysOf(ada)).toHaveLength(50)
  })
})

describe('the configuration of passkeys', () => {
  it('is refused by name where no browser could make a passkey', () => {
    const refused = (publicUrl: string, passkeys?: PasskeyOptions) => () =>
      createPasskeyAuth({ publicUrl, ...(passkeys === undefined ? {} : { passkeys }) })
    expect(refused('http://127.0.0.1:4000')).toThrow('no browser makes passkeys for an address')
    expect(refused('http://[::1]:4000')).toThrow('no browser makes passkeys for an address')
    expect(refused('https://app.example.com', { rpId: 'other.example' })).toThrow('rpId must be app.example.com')
    expect(refused('https://app.example.com', { rpId: 'com' })).toThrow('rpId must be')
    expect(refused('https://app.example.com', { rpId: 'ample.com' })).toThrow('rpId must be')
    expect(refused('https://app.example.com', { trustedRoots: ['-----BEGIN'] })).toThrow('no certificate')
    expect(refused('https://app.example.com', { rpId: 'example.com' })).not.toThrow()
    expect(refused('http://localhost:4000')).not.toThrow()
  })

  it('lets a parent domain and further origins in, each whole', async () => {
    const passkeys = { rpId: 'example.com', origins: ['https://login.example.com'] }
    const test = createPasskeyAuth({ passkeys })
    const ada = await test.signUp(email)
    const authenticator = createSoftwareAuthenticator({ origin: 'https://login.example.com' })
    expect((await registerPasskey(ada, authenticator)).status).toBe(200)
    for (const origin of [
      'https://login.example.com:8443',
      'https://evil.login.example.com',
      'http://login.example.com',
    ])
      expect((await signInWithPasskey(test.browser(), authenticator, { twist: { origin } })).status).toBe(401)
    expect((await signInWithPasskey(test.browser(), authenticator)).status).toBe(200)
  })
})
