import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import { password } from '../password/index.ts'
import { emailCode } from './index.ts'

const email = 'ada@example.com'

/** A code that is not the one that was mailed last. */
async function wrongCode(test: TestAuth, of = email): Promise<string> {
  return (await test.codeFor(of)) === '000000' ? '000001' : '000000'
}

describe('sign-in with a mailed code', () => {
  it('opens a session at the first level and makes the browser a known device', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email })
    expect(started.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'], sentTo: 'a…@example.com' })
    const finished = await test.proveCode(browser, started, await test.codeFor(email))
    expect(finished.body).toMatchObject({ status: 'signed_in', session: { aal: 1, amr: ['otp'] } })
    expect(browser.cookies.has('__Host-latchkey-device')).toBe(true)
    expect((await test.signIn(browser, email)).body).toMatchObject({ session: { amr: ['pwd'] } })
  })

  it('takes digits as people type them', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email: ' ADA@Example.com ' })
    const code = await test.codeFor(email)
    expect((await test.proveCode(browser, started, ` ${code.slice(0, 3)}-${code.slice(3)} `)).status).toBe(200)
  })

  it('gives tokens in token mode, and the handle alone carries the attempt', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const started = await test.browser().post('/sign-in/email-code', { email, mode: 'token' })
    expect(started.setCookies).toEqual([])
    const finished = await test.proveCode(test.browser(), started, await test.codeFor(email))
    expect(finished.body).toMatchObject({ status: 'signed_in', tokens: { tokenType: 'Bearer' } })
    expect(finished.setCookies).toEqual([])
  })

  it('is not there when a code may not start a sign-in; codes go on proving addresses and new devices', async () => {
    const test = createTestAuth({ methods: [password(), emailCode({ firstFactor: false })] })
    const ada = await test.signUp(email)
    expect((await ada.post('/sign-in/email-code', { email })).status).toBe(404)
    expect((await test.signIn(test.browser(), email)).body).toMatchObject({ session: { amr: ['pwd', 'otp'] } })
    expect((await ada.get('/config')).text).toContain('"firstFactor":false')
  })

  it('sends the code again: the old one is dead, the new one lives for its own five minutes', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email })
    const first = await test.codeFor(email)
    await test.clock.advance(6 * minuteMs)
    expect((await test.proveCode(browser, started, first)).body).toMatchObject({ code: 'wrong_code' })
    const again = await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
    expect(again.body).toEqual({ status: 'sent' })
    const second = await test.codeFor(email)
    await test.clock.advance(5 * minuteMs - 1)
    expect((await test.proveCode(browser, started, second)).body).toMatchObject({ status: 'signed_in' })
  })

  it('mails what stands in for a code to addresses that have none to get', async () => {
    const test = createTestAuth()
    await test.signUp('eve@example.com')
    await test.auth.users.block((await test.auth.users.findByEmail('eve@example.com'))?.id ?? '')
    test.mailbox.clear()
    for (const to of ['eve@example.com', 'nobody@example.com'])
      await test.browser().post('/sign-in/email-code', { email: to })
    await test.auth.drainOutbox()
    const mails = test.mailbox.list()
    expect(mails.map(({ to }) => to)).toEqual(['nobody@example.com', 'eve@example.com'])
    for (const mail of mails) expect(mail.code ?? mail.text.match(/\b\d{6}\b/)).toBeNull()
  })
})

/** What a person or an attacker does, and what stands in the audit log afterwards. */
const outcomes: readonly {
  readonly outcome: string
  readonly limits?: TestAuthOptions['limits']
  readonly play: (test: TestAuth) => Promise<unknown>
  readonly events: readonly string[]
}[] = [
  {
    outcome: 'signed in',
    async play(test) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      await test.proveCode(browser, started, await test.codeFor(email))
    },
    events: ['login.code_requested', 'login.success'],
  },
  {
    outcome: 'unknown address, wrong code',
    async play(test) {
      const browser = test.browser()
      await test.proveCode(browser, await browser.post('/sign-in/email-code', { email: 'bob@example.com' }), '123456')
    },
    events: ['login.code_requested', 'login.failure wrong_code'],
  },
  {
    outcome: 'wrong codes to the end, then the right one',
    async play(test) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      const wrong = await wrongCode(test)
      for (let guess = 0; guess < 5; guess++) await test.proveCode(browser, started, wrong)
      await test.proveCode(browser, started, await test.codeFor(email))
      await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
    },
    events: [
      'login.code_requested',
      ...Array.from({ length: 5 }, () => 'login.failure wrong_code'),
      'login.failure no_attempts_left',
      'login.failure attempt_over',
    ],
  },
  {
    outcome: 'expired code, resent code, expired attempt',
    async play(test) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      const code = await test.codeFor(email)
      await test.clock.advance(5 * minuteMs)
      await test.proveCode(browser, started, code)
      await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
      await test.clock.advance(25 * minuteMs)
      await test.proveCode(browser, started, await test.codeFor(email))
    },
    events: ['login.code_requested', 'login.failure code_expired', 'login.code_resent', 'login.failure expired'],
  },
  {
    outcome: 'used twice',
    async play(test) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email, mode: 'token' })
      const code = await test.codeFor(email)
      for (let use = 0; use < 2; use++) await test.proveCode(browser, started, code)
    },
    events: ['login.code_requested', 'login.success', 'login.failure spent'],
  },
  {
    outcome: 'a handle that nobody issued',
    play: (test) => test.browser().post('/sign-in/factor/email-code', { attempt: 'made.up.handle', code: '123456' }),
    events: ['login.failure unknown'],
  },
  {
    outcome: 'over the limit of mails: asked for, sent again, asked for after a right password',
    limits: { mailPerAddress: { limit: 2, windowMs: hourMs } },
    async play(test) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      await browser.post('/sign-in/email-code', { email })
      await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
      await browser.post('/sign-in/password', { email, password: testPassword })
    },
    events: ['login.code_requested', ...Array.from({ length: 3 }, () => 'login.limited over_limit')],
  },
  {
    outcome: 'over the limit of codes',
    limits: { codePerAccount: { limit: 2, windowMs: hourMs } },
    async play(test) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      const wrong = await wrongCode(test)
      for (let guess = 0; guess < 3; guess++) await test.proveCode(browser, started, wrong)
    },
    events: [
      'login.code_requested',
      'login.failure wrong_code',
      'login.failure wrong_code',
      'login.limited over_limit',
    ],
  },
]

describe('the audit log of mailed codes', () => {
  it('has the events of every outcome, no more and no fewer', async () => {
    for (const { outcome, limits = {}, play, events } of outcomes) {
      const test = createTestAuth({ limits })
      await test.signUp(email)
      const before = (await test.events()).length
      await play(test)
      expect([outcome, (await test.events()).slice(before)]).toEqual([outcome, events])
    }
  })

  it('holds neither codes nor handles nor addresses in clear', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email })
    const code = await test.codeFor(email)
    await test.proveCode(browser, started, code)
    const log = JSON.stringify(await test.storage.listEvents({ limit: 200 }))
    for (const secret of [code, String(started.body['attempt']).split('.')[1] ?? '?', email])
      expect(log).not.toContain(secret)
  })
})
