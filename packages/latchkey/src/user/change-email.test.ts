import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import { bearer, signUpWithTokens } from '../testing/test-session.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const old = 'ada@example.com'
const next = 'ada@new.example.com'

const request = (browser: TestBrowser, email = next): Promise<TestAnswer> => browser.post('/email/change', { email })

const confirm = (browser: TestBrowser, asked: TestAnswer, code: string): Promise<TestAnswer> =>
  browser.post('/email/change/confirm', { attempt: asked.body['attempt'], code })

async function change(test: TestAuth, browser: TestBrowser, email = next): Promise<TestAnswer> {
  const asked = await request(browser, email)
  return confirm(browser, asked, await test.codeFor(email))
}

async function undoTokenFor(test: TestAuth, email = old): Promise<string> {
  const link = await test.linkFor(email)
  return link.slice(link.indexOf('#token=') + 7)
}

describe('a change of the address', () => {
  it('is made by the code of the mail to the new address', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    const asked = await request(browser, ' ADA@New.example.com ')
    expect(asked.body).toEqual({ status: 'sent', attempt: expect.any(String) })
    expect((await browser.get('/session')).body).toMatchObject({ user: { email: old } })
    const confirmed = await confirm(browser, asked, await test.codeFor(next))
    expect(confirmed.status).toBe(200)
    expect(confirmed.body).toMatchObject({ user: { email: next, emailVerified: true } })
    expect((await browser.get('/session')).body).toMatchObject({ user: { email: next } })
    const known = await browser.post('/sign-in/password', { email: next, password: testPassword })
    expect(known.body).toMatchObject({ status: 'signed_in' })
    const tried = await test.browser().post('/sign-in/password', { email: old, password: testPassword })
    expect(tried.body).toMatchObject({ code: 'invalid_credentials' })
  })

  it('ends every other session, and forgets their devices', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    const other = test.browser()
    await test.signIn(other, old)
    await change(test, browser)
    expect((await other.get('/session')).status).toBe(401)
    const again = await other.post('/sign-in/password', { email: next, password: testPassword })
    expect(again.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'] })
  })

  it('tells both addresses; the old one where to, masked, and how to undo it', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    await change(test, browser)
    await test.auth.drainOutbox()
    const [toOld, toNew] = [test.mailbox.latest(old), test.mailbox.latest(next)]
    expect(toOld?.text).toContain('a…@new.example.com')
    expect(toOld?.text).not.toContain(next)
    expect(toOld?.text).toContain('72 hours')
    expect(toOld?.link).toMatch(/^https:\/\/app\.example\.com\/email\/undo#token=[\w.-]+$/)
    expect(toNew?.subject).toContain('address of your')
  })

  it('sends the code again to the new address', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    const asked = await request(browser)
    const first = await test.codeFor(next)
    const { attempt } = asked.body
    expect((await browser.post('/sign-in/factor/email-code/resend', { attempt })).body).toEqual({ status: 'sent' })
    const second = await test.codeFor(next)
    expect(second).not.toBe(first)
    expect((await confirm(browser, asked, first)).body).toMatchObject({ code: 'wrong_code' })
    expect((await confirm(browser, asked, second)).status).toBe(200)
  })

  it('works for native clients, which get a new device with it', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, old)
    const headers = bearer(tokens.accessToken)
    const asked = await client.post('/email/change', { email: next }, headers)
    expect(asked.setCookies).toEqual([])
    const { attempt } = asked.body
    const confirmed = await client.post('/email/change/confirm', { attempt, code: await test.codeFor(next) }, headers)
    expect(confirmed.body).toMatchObject({ user: { email: next }, device: expect.any(String) })
    const signIn = { email: next, password: testPassword, mode: 'token', device: confirmed.body['device'] }
    expect((await test.browser().post('/sign-in/password', signIn)).body).toMatchObject({ status: 'signed_in' })
  })

  it('refuses the address that it is already, and what is none', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    expect((await request(browser, 'ADA@example.com')).body).toMatchObject({ fields: { email: 'unchanged' } })
    expect((await request(browser, 'no address')).body).toMatchObject({ fields: { email: 'invalid' } })
  })
})

describe('undoing it', () => {
  it('needs no session, puts the old address back, ends every session, signs nobody in, tells both', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    await change(test, browser)
    const token = await undoTokenFor(test)
    test.mailbox.clear()
    const owner = test.browser()
    const undone = await owner.post('/email/change/undo', { token })
    expect([undone.status, undone.text]).toEqual([204, ''])
    expect(owner.cookies.size).toBe(0)
    expect((await browser.get('/session')).status).toBe(401)
    expect((await test.auth.users.findByEmail(old))?.emailVerifiedAt).not.toBeNull()
    expect(await test.auth.users.findByEmail(next)).toBeUndefined()
    await test.auth.drainOutbox()
    expect(new Set(test.mailbox.list().map(({ to }) => to))).toEqual(new Set([old, next]))
    for (const mail of test.mailbox.list()) expect(mail.text).toContain('a…@example.com')
    expect((await test.signIn(owner, old)).body).toMatchObject({ status: 'signed_in' })
  })

  it('works for 72 hours, to the millisecond, or as long as was set', async () => {
    for (const [options, ttlMs] of [
      [{}, 72 * hourMs],
      [{ emailUndoTtlMs: 2 * hourMs }, 2 * hourMs],
    ] as const) {
      const test = createTestAuth(options)
      const browser = await test.signUp(old)
      await change(test, browser)
      const at = test.clock.now()
      const token = await undoTokenFor(test)
      test.clock.set(at + ttlMs)
      expect((await test.browser().post('/email/change/undo', { token })).body).toMatchObject({ code: 'attempt_over' })
      test.clock.set(at + ttlMs - 1)
      expect((await test.browser().post('/email/change/undo', { token })).status).toBe(204)
    }
  })

  it('outlives a reset of the password and a sign-out everywhere', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(old)
    await change(test, browser)
    const token = await undoTokenFor(test)
    await browser.post('/password/change', { currentPassword: testPassword, password: 'chosen by a thief' })
    await browser.delete('/sessions')
    expect((await test.browser().post('/email/change/undo', { token })).status).toBe(204)
  })
})

/** What a person or an attacker does, and what stands in the audit log afterwards. */
const outcomes: readonly {
  readonly outcome: string
  readonly play: (test: TestAuth, browser: TestBrowser) => Promise<unknown>
  readonly events: readonly string[]
}[] = [
  {
    outcome: 'changed and undone, and undone again',
    async play(test, browser) {
      await change(test, browser)
      const token = await undoTokenFor(test)
      for (let times = 0; times < 2; times++) await test.browser().post('/email/change/undo', { token })
    },
    events: ['email.change_requested', 'email.changed', 'email.change_undone', 'email.change_failed attempt_over'],
  },
  {
    outcome: 'wrong code, expired code',
    async play(test, browser) {
      const asked = await request(browser)
      const code = await test.codeFor(next)
      await confirm(browser, asked, code === '000000' ? '000001' : '000000')
      await test.clock.advance(5 * minuteMs)
      await confirm(browser, asked, code)
    },
    events: ['email.change_requested', 'email.change_failed wrong_code', 'email.change_failed code_expired'],
  },
  {
    outcome: 'over the limit of mails',
    async play(_, browser) {
      for (let times = 0; times < 11; times++) await request(browser)
    },
    events: [...Array.from({ length: 10 }, () => 'email.change_requested'), 'email.change_failed over_limit'],
  },
  {
    outcome: 'taken by somebody else between code and confirmation',
    async play(test, browser) {
      const asked = await request(browser)
      const code = await test.codeFor(next)
      await test.auth.users.create({ email: next, emailVerified: true })
      await confirm(browser, asked, code)
    },
    events: ['email.change_requested', 'user.created', 'email.change_failed email_taken'],
  },
]

describe('the audit log of changes of the address', () => {
  it('has the events of every outcome, no more and no fewer, and never a taken address', async () => {
    for (const { outcome, play, events } of outcomes) {
      const test = createTestAuth()
      const browser = await test.signUp(old)
      const before = (await test.events()).length
      await play(test, browser)
      expect([outcome, (await test.events()).slice(before)]).toEqual([outcome, events])
    }
  })
})
