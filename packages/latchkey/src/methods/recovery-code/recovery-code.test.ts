import { describe, expect, it } from 'vitest'
import { minuteMs } from '../../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { enrolTestTotp, type TestAuthenticator } from '../../testing/test-totp.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { totp } from '../totp/index.ts'
import { recoveryCode } from './index.ts'

const email = 'ada@example.com'

interface Enrolled {
  readonly test: TestAuth
  readonly owner: TestBrowser
  readonly app: TestAuthenticator
  readonly codes: readonly string[]
}

async function enrolled(): Promise<Enrolled> {
  const test = createTestAuth({ methods: [password(), emailCode(), totp(), recoveryCode()] })
  const owner = await test.signUp(email)
  const app = await enrolTestTotp(test, owner)
  return { test, owner, app, codes: app.recoveryCodes }
}

async function signInWith(browser: TestBrowser, code = ''): Promise<TestAnswer> {
  const { attempt } = (await browser.post('/sign-in/password', { email, password: testPassword })).body
  return browser.post('/sign-in/factor/recovery-code', { attempt, code })
}

const leftOf = async (owner: TestBrowser): Promise<unknown> =>
  (await owner.get('/account/factors')).body['recoveryCodes']

const mailsAbout = async (test: TestAuth, part: string): Promise<number> => {
  await test.auth.drainOutbox()
  return test.mailbox.list().filter(({ to, subject }) => to === email && subject.includes(part)).length
}

describe('a recovery code', () => {
  it('is ten characters in two halves that nobody misreads', async () => {
    const { codes } = await enrolled()
    for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
  })

  it('stands in for the app, once, and opens a session of AAL1', async () => {
    const { test, owner, codes } = await enrolled()
    const answer = await signInWith(test.browser(), codes[0])
    expect(answer.body).toMatchObject({ status: 'signed_in', session: { aal: 1, amr: ['pwd', 'otp'] } })
    expect(await leftOf(owner)).toBe(9)
    expect((await signInWith(test.browser(), codes[0])).body).toMatchObject({ code: 'wrong_code' })
    expect(await leftOf(owner)).toBe(9)
    const { items } = await test.storage.listEvents({ limit: 1, kind: 'recovery_code.used' })
    expect(items[0]?.data).toBe('{"left":9}')
  })

  it('is taken as people type it', async () => {
    const { test, codes } = await enrolled()
    const [first = '', second = '', third = ''] = codes
    const spellings = [
      first.toUpperCase(),
      ` ${second.replace('-', ' ')} `,
      third.replaceAll('0', 'O').replaceAll('1', 'l'),
    ]
    for (const code of spellings) expect((await signInWith(test.browser(), code)).status).toBe(200)
  })

  it('raises a session by step-up as far as it reaches: the app can be replaced, with the very last code too', async () => {
    const { test, codes } = await enrolled()
    for (const code of codes.slice(0, 9)) await signInWith(test.browser(), code)
    const browser = test.browser()
    expect((await signInWith(browser, codes[9])).body).toMatchObject({ status: 'signed_in' })
    expect(await leftOf(browser)).toBe(0)
    const next = await enrolTestTotp(test, browser)
    expect(next.recoveryCodes).toHaveLength(10)
    expect((await browser.get('/session')).body).toMatchObject({ session: { aal: 2 } })
  })

  it('finishes a step-up', async () => {
    const { test, owner, codes } = await enrolled()
    await test.clock.advance(16 * minuteMs)
    expect((await owner.delete('/totp')).body).toMatchObject({ code: 'fresh_required' })
    const { attempt } = (await owner.post('/session/step-up')).body
    expect((await owner.post('/sign-in/factor/recovery-code', { attempt, code: codes[0] })).status).toBe(200)
    expect((await owner.delete('/totp')).status).toBe(204)
  })

  it('is told to its owner when three are left, and when none is', async () => {
    const { test, codes } = await enrolled()
    const told: number[] = []
    for (const code of codes) {
      await signInWith(test.browser(), code)
      told.push(await mailsAbout(test, 'recovery codes left'))
    }
    expect(told).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 2])
  })
})

describe('new recovery codes', () => {
  it('replace the old ones, and the owner is told', async () => {
    const { test, owner, codes } = await enrolled()
    await signInWith(test.browser(), codes[0])
    const { body } = await owner.post('/recovery-codes/regenerate')
    const next = body['recoveryCodes'] as readonly string[]
    expect([next.length, new Set([...codes, ...next]).size, await leftOf(owner)]).toEqual([10, 20, 10])
    expect((await signInWith(test.browser(), codes[1])).body).toMatchObject({ code: 'wrong_code' })
    expect((await signInWith(test.browser(), next[1])).body).toMatchObject({ status: 'signed_in' })
    expect(await mailsAbout(test, 'New recovery codes')).toBe(1)
  })

  it('are for whoever has a second factor, and for a session that is fresh and proved it', async () => {
    const { test, owner } = await enrolled()
    const stranger = await test.signUp('bob@example.com')
    expect((await stranger.post('/recovery-codes/regenerate')).body).toMatchObject({
      status: 409,
      code: 'not_enrolled',
    })
    expect((await test.browser().post('/recovery-codes/regenerate')).status).toBe(401)
    await test.clock.advance(16 * minuteMs)
    expect((await owner.post('/recovery-codes/regenerate')).body).toMatchObject({ code: 'fresh_required' })
  })
})

describe('the audit log of recovery codes', () => {
  it('has the events of every outcome, no more and no fewer', async () => {
    const { test, owner, codes } = await enrolled()
    const before = (await test.events()).length
    await signInWith(test.browser(), codes[0])
    await signInWith(test.browser(), 'wrong')
    await owner.post('/recovery-codes/regenerate')
    const mailed = await test.browser().post('/sign-in/email-code', { email, mode: 'token' })
    const { attempt } = mailed.body
    await test.browser().post('/sign-in/factor/recovery-code', { attempt, code: codes[1] })
    expect((await test.events()).slice(before)).toEqual([
      'login.factor_required',
      'recovery_code.used',
      'login.success',
      'login.factor_required',
      'login.failure wrong_code',
      'recovery_codes.issued',
      'login.code_requested',
      'login.failure factor_not_accepted',
    ])
  })
})
