import { describe, expect, it } from 'vitest'
import type { CredentialId } from '../credential/credential.ts'
import { brand } from '../platform/brand.ts'
import { parseUserId } from '../user/user.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer } from '../testing/test-browser.ts'

const email = 'ada@example.com'
const always = { secondFactor: { policy: 'always' } } as const

async function passwordless(test: TestAuth, address: string): Promise<void> {
  await test.auth.users.create({ email: address, emailVerified: true })
}

const byCode = async (
  test: TestAuth,
  address = email,
): Promise<{ browser: ReturnType<TestAuth['browser']>; answer: TestAnswer }> => {
  const browser = test.browser()
  const started = await browser.post('/sign-in/email-code', { email: address })
  return { browser, answer: await test.proveCode(browser, started, await test.codeFor(address)) }
}

describe('where everybody gives two proofs', () => {
  it('a password is followed by a code, on a known device too', async () => {
    const test = createTestAuth(always)
    const owner = await test.signUp(email)
    for (const browser of [owner, test.browser()]) {
      const first = await browser.post('/sign-in/password', { email, password: testPassword })
      expect(first.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'] })
      expect((await test.proveCode(browser, first, await test.codeFor(email))).body).toMatchObject({
        session: { amr: ['pwd', 'otp'], aal: 1 },
      })
    }
  })

  it('a known device gets its code though strangers used up the mails of the address', async () => {
    const test = createTestAuth(always)
    const owner = await test.signUp(email)
    for (let mail = 0; mail < 10; mail++) await test.browser().post('/sign-in/email-code', { email })
    const body = { email, password: testPassword }
    expect((await test.browser().post('/sign-in/password', body)).status).toBe(429)
    const first = await owner.post('/sign-in/password', body)
    expect((await test.proveCode(owner, first, await test.codeFor(email))).body).toMatchObject({ status: 'signed_in' })
  })

  it('a code is followed by the password, and the code of that attempt opens nothing more', async () => {
    const test = createTestAuth(always)
    await test.signUp(email)
    const { browser, answer } = await byCode(test)
    expect(answer.body).toMatchObject({ status: 'needs_factor', factors: ['password'] })
    expect(answer.body).not.toHaveProperty('sentTo')
    expect((await test.proveCode(browser, answer, await test.codeFor(email))).body).toMatchObject({
      code: 'attempt_over',
    })
    const { attempt } = answer.body
    expect((await browser.post('/sign-in/factor/email-code/resend', { attempt })).status).toBe(401)
    const finished = await browser.post('/sign-in/factor/password', { attempt, password: testPassword })
    expect(finished.body).toMatchObject({ status: 'signed_in', session: { amr: ['otp', 'pwd'], aal: 1 } })
  })

  it('a person without a password is refused after the code, by name, and the log says so', async () => {
    const test = createTestAuth(always)
    await passwordless(test, email)
    const { answer } = await byCode(test)
    expect(answer.body).toMatchObject({ status: 403, code: 'second_factor_missing' })
    expect((await test.events()).at(-1)).toBe('login.failure second_factor_missing')
  })

  it('that person comes in once a reset has set one', async () => {
    const test = createTestAuth(always)
    await passwordless(test, email)
    await test.browser().post('/password/reset-request', { email })
    const link = await test.linkFor(email)
    const token = link.slice(link.indexOf('#token=') + 7)
    expect((await test.browser().post('/password/reset', { token, password: testPassword })).status).toBe(204)
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ status: 'signed_in' })
  })

  it('one of 50 parallel right codes goes a step on, and one of 50 right passwords the last', async () => {
    const test = createTestAuth(always)
    await test.signUp(email)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email, mode: 'token' })
    const code = await test.codeFor(email)
    const steps = await Promise.all(Array.from({ length: 50 }, () => test.proveCode(browser, started, code)))
    const [step, ...others] = steps.filter(({ status }) => status === 200)
    expect([step?.body['status'], others.length]).toEqual(['needs_factor', 0])
    const body = { attempt: step?.body['attempt'], password: testPassword }
    const ends = await Promise.all(Array.from({ length: 50 }, () => browser.post('/sign-in/factor/password', body)))
    expect(ends.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('two codes are not two proofs', async () => {
    const test = createTestAuth(always)
    await test.signUp(email)
    const { browser, answer } = await byCode(test)
    const again = await browser.post('/sign-in/email-code', { email })
    const second = await test.proveCode(browser, again, await test.codeFor(email))
    expect([answer.body['factors'], second.body['factors']]).toEqual([['password'], ['password']])
  })

  it('a registration with a password opens its session with both', async () => {
    const test = createTestAuth(always)
    const browser = await test.signUp(email)
    expect((await browser.get('/session')).body).toMatchObject({ session: { amr: ['pwd', 'otp'] } })
  })
})

describe('a person whom somebody else made', () => {
  it('proves the address after the password, and keeps the password', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    await test.auth.users.create({ email, password: testPassword })
    const browser = test.browser()
    const first = await browser.post('/sign-in/password', { email, password: testPassword })
    expect(first.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'] })
    expect((await test.proveCode(browser, first, await test.codeFor(email))).body).toMatchObject({
      user: { emailVerified: true },
    })
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ status: 'signed_in' })
  })

  it('drops the password of the maker with the first proof by code: pre-hijacking ends there', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    await test.auth.users.create({ email, password: 'chosen by an attacker' })
    const attacker = test.browser()
    const pending = await attacker.post('/sign-in/password', { email, password: 'chosen by an attacker' })
    const codeOfAttacker = await test.codeFor(email)
    const { browser, answer } = await byCode(test)
    expect(answer.body).toMatchObject({ status: 'signed_in', user: { emailVerified: true }, session: { amr: ['otp'] } })
    expect((await browser.get('/session')).status).toBe(200)
    expect((await test.proveCode(attacker, pending, codeOfAttacker)).body).toMatchObject({ code: 'attempt_over' })
    expect((await test.signIn(attacker, email, 'chosen by an attacker')).status).toBe(401)
  })

  it('drops it with the first reset too, and counts the reset as the proof', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    await test.auth.users.create({ email, password: 'chosen by an attacker' })
    await test.browser().post('/password/reset-request', { email })
    const link = await test.linkFor(email)
    await test
      .browser()
      .post('/password/reset', { token: link.slice(link.indexOf('#token=') + 7), password: testPassword })
    expect((await test.auth.users.findByEmail(email))?.emailVerifiedAt).toBeInstanceOf(Date)
    expect((await test.signIn(test.browser(), email, 'chosen by an attacker')).status).toBe(401)
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ status: 'signed_in' })
  })

  it('is not asked for a second factor that somebody else bound before the address was proved, and loses it', async () => {
    const test = createTestAuth()
    const made = await test.auth.users.create({ email, password: 'chosen by an attacker' })
    const userId = parseUserId(made.ok ? made.user.id : '')
    if (userId === undefined) throw new TypeError('no user was made')
    const planted = { id: brand<CredentialId>(userId), userId, method: 'totp', identifier: userId } as const
    const rest = {
      secret: 'x',
      data: '{}',
      counter: 0,
      confirmedAt: 1,
      createdAt: 1,
      updatedAt: 1,
      lastUsedAt: null,
    }
    await test.storage.commit([{ kind: 'addCredential', credential: { ...planted, ...rest } }], test.clock.now())
    expect((await byCode(test)).answer.body).toMatchObject({ status: 'signed_in' })
    expect((await test.storage.findSubject(userId))?.credentials).toEqual([])
  })

  it('is a known address to a registration: no code, no second user', async () => {
    const test = createTestAuth()
    await test.auth.users.create({ email, password: 'chosen by an attacker' })
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword })
    expect(await test.codeFor(email)).toBe('')
    expect((await test.proveCode(browser, started, '000000')).status).toBe(401)
  })
})

describe('known devices and sessions', () => {
  it('are forgotten by a change, a reset and a revocation: the code is asked for again', async () => {
    const endings: readonly ((test: TestAuth, id: string) => Promise<unknown>)[] = [
      (test, id) => test.auth.sessions.revokeAll(id),
      async (test) => {
        const other = test.browser()
        await test.signIn(other, email)
        return other.post('/password/change', { currentPassword: testPassword, password: 'another phrase of mine' })
      },
      async (test) => {
        const other = test.browser()
        await test.signIn(other, email)
        return other.delete('/sessions')
      },
    ]
    for (const end of endings) {
      const test = createTestAuth()
      const owner = await test.signUp(email)
      expect((await owner.post('/sign-in/password', { email, password: testPassword })).body).toMatchObject({
        status: 'signed_in',
      })
      await end(test, (await test.auth.users.findByEmail(email))?.id ?? '')
      const answers = []
      for (const password of [testPassword, 'another phrase of mine'])
        answers.push((await owner.post('/sign-in/password', { email, password })).body['status'])
      expect(answers).toContain('needs_factor')
      expect(answers).not.toContain('signed_in')
    }
  })

  it('stay at 25: the oldest session ends, its browser stays known', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(email)
    const { id = '' } = (await test.auth.users.findByEmail(email)) ?? {}
    const browsers = Array.from({ length: 25 }, () => test.browser())
    for (const browser of browsers) {
      browser.cookies.set('__Host-latchkey-device', owner.cookies.get('__Host-latchkey-device') ?? '')
      await test.clock.advance(1_000)
      expect((await test.signIn(browser, email)).status).toBe(200)
    }
    expect(await test.auth.sessions.list(id)).toHaveLength(25)
    expect((await owner.get('/session')).status).toBe(401)
    expect((await browsers[0]?.get('/session'))?.status).toBe(200)
    expect((await test.signIn(owner, email)).body).toMatchObject({ status: 'signed_in' })
  })
})
