import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Credential } from '../../credential/credential.ts'
import { hourMs, minuteMs, secondMs } from '../../platform/clock.ts'
import { bearer, signUpWithTokens, tokensIn } from '../../testing/test-session.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { enrolTestTotp, totpCodeFor } from '../../testing/test-totp.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { recoveryCode } from '../recovery-code/index.ts'
import { keyUri } from './key-uri.ts'
import { totp } from './index.ts'
import type { SecretEncrypter } from './options.ts'

const email = 'ada@example.com'
const methods = [password(), emailCode(), totp(), recoveryCode()]

const testAuth = (options: TestAuthOptions = {}): TestAuth => createTestAuth({ methods, ...options })

const byPassword = (browser: TestBrowser): Promise<TestAnswer> =>
  browser.post('/sign-in/password', { email, password: testPassword })

const prove = (browser: TestBrowser, attempt: TestAnswer, code: string): Promise<TestAnswer> =>
  browser.post('/sign-in/factor/totp', { attempt: attempt.body['attempt'], code })

const mailsTo = async (test: TestAuth, address = email): Promise<readonly string[]> => {
  await test.auth.drainOutbox()
  return test.mailbox
    .list()
    .filter(({ to }) => to === address)
    .map(({ subject }) => subject)
}

describe('enrolling an authenticator app', () => {
  it('shows a secret, its address and a picture of it, and enrols nothing yet', async () => {
    const test = testAuth({ appName: 'Acme: Tools' })
    const browser = await test.signUp(email)
    const { body } = await browser.post('/totp/enrol')
    expect(body['secret']).toMatch(/^[A-Z2-7]{32}$/)
    expect(body['uri']).toBe(
      `otpauth://totp/Acme%20Tools:ada%40example.com?secret=${String(body['secret'])}&issuer=Acme%20Tools&algorithm=SHA1&digits=6&period=30`,
    )
    expect(body['qrCodeDataUrl']).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/)
    expect((await browser.get('/account/factors')).body).toMatchObject({ totp: null, secondFactors: [] })
    expect((await byPassword(browser)).body).toMatchObject({ status: 'signed_in' })
    expect(await mailsTo(test)).not.toContain('An authenticator app was added to your Acme: Tools account')
  })

  it('is confirmed by a code: recovery codes once, a mail, the session raised under a new cookie', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const before = new Map(browser.cookies)
    const { factorId, secret } = (await browser.post('/totp/enrol')).body
    const code = totpCodeFor(String(secret), test.clock)
    const confirmed = await browser.post('/totp/confirm', { factorId, code: `${code.slice(0, 3)} ${code.slice(3)}` })
    expect(confirmed.status).toBe(200)
    expect(confirmed.body).toMatchObject({ recoveryCodesLeft: 10, session: { aal: 2, amr: ['pwd', 'otp'] } })
    expect(new Set(confirmed.body['recoveryCodes'] as readonly string[]).size).toBe(10)
    expect((await browser.get('/session')).body).toMatchObject({ session: { aal: 2 } })
    expect((await browser.get('/account/factors')).body).toMatchObject({
      totp: { enrolledAt: '2026-11-02T09:00:00.000Z' },
      recoveryCodes: 10,
      secondFactors: ['totp', 'recovery_code'],
    })
    const thief = test.browser()
    for (const [name, value] of before) thief.cookies.set(name, value)
    expect((await thief.get('/session')).status).toBe(401)
    expect(await mailsTo(test)).toContain('An authenticator app was added to your Latchkey account')
    expect((await test.events()).slice(-3)).toEqual([
      'totp.enrolment_started',
      'totp.enrolled',
      'recovery_codes.issued',
    ])
  })

  it('gives new tokens in token mode, and ends the old refresh token', async () => {
    const test = testAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    const { factorId, secret } = (await client.post('/totp/enrol', undefined, bearer(tokens.accessToken))).body
    const code = totpCodeFor(String(secret), test.clock)
    const confirmed = await client.post('/totp/confirm', { factorId, code }, bearer(tokens.accessToken))
    const next = tokensIn(confirmed)
    expect((await client.get('/session', bearer(next.accessToken))).body).toMatchObject({ session: { aal: 2 } })
    expect((await client.post('/session/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    expect((await client.post('/session/refresh', { refreshToken: next.refreshToken })).status).toBe(200)
  })

  it('issues no recovery codes where none are taken', async () => {
    const test = testAuth({ methods: [password(), emailCode(), totp()] })
    const app = await enrolTestTotp(test, await test.signUp(email))
    expect(app.recoveryCodes).toEqual([])
    expect((await byPassword(test.browser())).body['factors']).toEqual(['totp'])
  })

  it('over an older app replaces it, keeps the recovery codes and ends the other sessions', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const old = await enrolTestTotp(test, browser)
    const elsewhere = test.browser()
    expect((await prove(elsewhere, await byPassword(elsewhere), await old.nextCode())).status).toBe(200)
    await test.clock.advance(30 * secondMs)
    const next = await enrolTestTotp(test, browser)
    expect(next.recoveryCodes).toEqual([])
    expect((await browser.get('/account/factors')).body).toMatchObject({ recoveryCodes: 10 })
    expect([(await browser.get('/session')).status, (await elsewhere.get('/session')).status]).toEqual([200, 401])
    const attempt = await byPassword(elsewhere)
    expect((await prove(elsewhere, attempt, await old.nextCode())).body).toMatchObject({ code: 'wrong_code' })
    expect((await prove(elsewhere, attempt, await next.nextCode())).body).toMatchObject({ status: 'signed_in' })
  })
})

describe('a sign-in with an authenticator app', () => {
  it('asks for the code on every path, known device or not, and reaches AAL2 beside the password', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const app = await enrolTestTotp(test, browser)
    for (const person of [browser, test.browser()]) {
      const attempt = await byPassword(person)
      expect(attempt.body).toMatchObject({ status: 'needs_factor', factors: ['totp', 'recovery_code'] })
      expect(attempt.body).not.toHaveProperty('sentTo')
      expect((await prove(person, attempt, await app.nextCode())).body).toMatchObject({
        status: 'signed_in',
        session: { aal: 2, amr: ['pwd', 'otp'] },
      })
    }
    const mailed = await browser.post('/sign-in/email-code', { email })
    const attempt = await test.proveCode(browser, mailed, await test.codeFor(email))
    expect(attempt.body).toMatchObject({ status: 'needs_factor', factors: ['totp', 'recovery_code'] })
    expect((await prove(browser, attempt, await app.nextCode())).body).toMatchObject({ session: { aal: 1 } })
  })

  it('takes a code of the step before and of the next', async () => {
    const test = testAuth()
    const app = await enrolTestTotp(test, await test.signUp(email))
    await test.clock.advance(hourMs)
    for (const offset of [-30, 30]) {
      const browser = test.browser()
      const code = totpCodeFor(app.secret, { now: () => test.clock.now() + offset * secondMs })
      expect((await prove(browser, await byPassword(browser), code)).body).toMatchObject({ status: 'signed_in' })
    }
  })

  it('raises and freshens a session by step-up', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const app = await enrolTestTotp(test, browser)
    await test.clock.advance(15 * minuteMs)
    expect((await browser.post('/totp/enrol')).body).toMatchObject({ code: 'fresh_required' })
    const attempt = await browser.post('/session/step-up')
    expect(attempt.body).toMatchObject({ factors: ['totp', 'recovery_code'] })
    expect((await prove(browser, attempt, await app.nextCode())).body).toMatchObject({ session: { aal: 2 } })
    expect((await browser.post('/totp/enrol')).status).toBe(200)
  })

  it('is what a session from before the enrolment has to give before it changes anything', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const other = test.browser()
    await test.signIn(other, email)
    const app = await enrolTestTotp(test, browser)
    expect((await other.delete('/totp')).body).toMatchObject({ code: 'aal_required' })
    expect((await other.post('/totp/enrol')).body).toMatchObject({ code: 'aal_required' })
    expect((await prove(other, await other.post('/session/step-up'), await app.nextCode())).status).toBe(200)
    expect((await other.delete('/totp')).status).toBe(204)
  })
})

describe('removing an authenticator app', () => {
  it('ends other sessions, takes the recovery codes along and tells the owner', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const app = await enrolTestTotp(test, browser)
    const other = test.browser()
    await prove(other, await byPassword(other), await app.nextCode())
    expect((await browser.delete('/totp')).status).toBe(204)
    expect([(await browser.get('/session')).status, (await other.get('/session')).status]).toEqual([200, 401])
    expect((await browser.get('/account/factors')).body).toMatchObject({ totp: null, recoveryCodes: 0 })
    expect((await browser.delete('/totp')).body).toMatchObject({ status: 404, code: 'not_found' })
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ status: 'signed_in' })
    expect(await mailsTo(test)).toContain('An authenticator app was removed from your Latchkey account')
  })
})

describe('the secret at rest', () => {
  const reversing: SecretEncrypter = {
    encrypt: (text) => Promise.resolve(`kms:${Array.from(text).toReversed().join('')}`),
    decrypt: (text) => Promise.resolve(Array.from(text.slice(4)).toReversed().join('')),
  }
  const rowOf = async (test: TestAuth): Promise<string> => {
    const { id } = (await test.auth.users.findByEmail(email)) ?? { id: '' }
    const subject = await test.storage.findSubject(id as never)
    const row = subject?.credentials.find(({ method }) => method === 'totp')
    return `${row?.secret} ${row?.data}`
  }

  it('is sealed, never in clear, and each says by what', async () => {
    const test = testAuth()
    const app = await enrolTestTotp(test, await test.signUp(email))
    expect(await rowOf(test)).not.toContain(app.secret)
    expect(await rowOf(test)).toContain('"key-ring"')
    const other = testAuth({ methods: [password(), emailCode(), totp({ encrypter: reversing })] })
    await enrolTestTotp(other, await other.signUp(email))
    expect(await rowOf(other)).toMatch(/^kms:.*"encrypter"/s)
  })

  it('of both kinds opens side by side once an encrypter is given', async () => {
    const test = testAuth()
    const app = await enrolTestTotp(test, await test.signUp(email))
    const later = createTestAuth({
      methods: [password(), emailCode(), totp({ encrypter: reversing }), recoveryCode()],
      clock: test.clock,
      storage: test.storage,
      seed: 2,
    })
    const browser = later.browser()
    expect((await prove(browser, await byPassword(browser), await app.nextCode())).status).toBe(200)
    const next = await enrolTestTotp(later, browser)
    expect(await rowOf(later)).toMatch(/^kms:/)
    expect((await prove(browser, await byPassword(browser), await next.nextCode())).status).toBe(200)
  })

  it('opens in its own row alone, be it sealed or encrypted: a row that is moved lets nobody in', async () => {
    for (const options of [{}, { encrypter: reversing }]) {
      const test = testAuth({ methods: [password(), emailCode(), totp(options)] })
      await enrolTestTotp(test, await test.signUp(email))
      const thief = await enrolTestTotp(test, await test.signUp('eve@example.com'))
      const row = async (address: string): Promise<Credential | undefined> => {
        const { id } = (await test.auth.users.findByEmail(address)) ?? { id: '' }
        return (await test.storage.findSubject(id as never))?.credentials.find(({ method }) => method === 'totp')
      }
      const [own, theirs] = [await row(email), await row('eve@example.com')]
      if (own?.secret == null || theirs?.secret == null) throw new TypeError('both are enrolled')
      const swap = {
        kind: 'replaceCredentialSecret',
        credentialId: own.id,
        from: own.secret,
        to: theirs.secret,
      } as const
      expect(await test.storage.commit([swap], test.clock.now())).toMatchObject({ ok: true })
      const browser = test.browser()
      expect((await prove(browser, await byPassword(browser), await thief.nextCode())).status).toBe(500)
    }
  })

  it('that cannot be opened is a fault, costs no try of the day, and lets nobody in', async () => {
    let isAway = false
    const shaky: SecretEncrypter = {
      encrypt: reversing.encrypt,
      decrypt: (text) => (isAway ? Promise.reject(new Error('the key service is away')) : reversing.decrypt(text)),
    }
    const test = testAuth({
      methods: [password(), emailCode(), totp({ encrypter: shaky })],
      limits: { factorPerAccount: { limit: 2, windowMs: hourMs } },
    })
    const app = await enrolTestTotp(test, await test.signUp(email))
    const browser = test.browser()
    const attempt = await byPassword(browser)
    isAway = true
    for (let time = 0; time < 3; time++) expect((await prove(browser, attempt, await app.nextCode())).status).toBe(500)
    isAway = false
    expect((await prove(browser, attempt, await app.nextCode())).body).toMatchObject({ status: 'signed_in' })

    const without = createTestAuth({
      methods: [password(), emailCode(), totp()],
      clock: test.clock,
      storage: test.storage,
      seed: 2,
    })
    const stranger = without.browser()
    expect((await prove(stranger, await byPassword(stranger), await app.nextCode())).status).toBe(500)
  })
})

describe('the picture', () => {
  it('is a square PNG of one bit a pixel with a white margin', async () => {
    const test = testAuth()
    const browser = await test.signUp(email)
    const { qrCodeDataUrl } = (await browser.post('/totp/enrol')).body
    const png = Uint8Array.from(atob(String(qrCodeDataUrl).slice(22)), (character) => character.charCodeAt(0))
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    const view = new DataView(png.buffer)
    const side = view.getUint32(16)
    expect([view.getUint32(20), png[24], png[25]]).toEqual([side, 1, 0])
    const lines = inflateSync(png.subarray(41, 41 + view.getUint32(33)))
    const lineLength = 1 + Math.ceil(side / 8)
    expect(lines.length).toBe(side * lineLength)
    // Twenty white rows, then the finder pattern: 35 pixels of black behind 20 of white.
    expect([...lines.subarray(1, 6)]).toEqual([255, 255, 255, 255, 255])
    expect([...lines.subarray(20 * lineLength, 20 * lineLength + 8)]).toEqual([0, 255, 255, 0xf0, 0, 0, 0, 1])
  })

  it('holds names of any script', () => {
    expect(keyUri({ issuer: 'Größe & Co', accountName: 'ä+b@example.com', secret: 'AAAA' })).toBe(
      'otpauth://totp/Gr%C3%B6%C3%9Fe%20%26%20Co:%C3%A4%2Bb%40example.com?secret=AAAA&issuer=Gr%C3%B6%C3%9Fe%20%26%20Co&algorithm=SHA1&digits=6&period=30',
    )
  })
})
