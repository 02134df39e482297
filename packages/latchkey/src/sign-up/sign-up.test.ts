import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../testing/test-auth.ts'

const email = 'ada@example.com'

describe('a registration', () => {
  it('makes nobody before the address is proved, then user, credential and session at once', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword, name: 'Ada', locale: 'de-AT' })
    expect(await test.auth.users.findByEmail(email)).toBeUndefined()
    expect((await browser.get('/session')).status).toBe(401)
    const finished = await test.proveCode(browser, started, await test.codeFor(email))
    expect(finished.body).toMatchObject({
      status: 'signed_in',
      user: { email, emailVerified: true, name: 'Ada', locale: 'de-AT', roles: [] },
      session: { aal: 1, amr: ['pwd', 'otp'] },
    })
  })

  it('needs no password', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email })
    const finished = await test.proveCode(browser, started, await test.codeFor(email))
    expect(finished.body).toMatchObject({ status: 'signed_in', session: { amr: ['otp'] } })
  })

  it('needs one where everybody gives two proofs, known address or not', async () => {
    const test = createTestAuth({ secondFactor: { policy: 'always' } })
    await test.signUp(email)
    for (const address of [email, 'bob@example.com']) {
      const answer = await test.browser().post('/sign-up', { email: address })
      expect(answer.body).toMatchObject({ status: 422, fields: { password: 'required' } })
    }
    expect((await test.signUp('bob@example.com')).cookies.size).toBeGreaterThan(0)
  })

  it('waits a day for its proof; each code lives five minutes and can be sent again', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const at = test.clock.now()
    const started = await browser.post('/sign-up', { email, password: testPassword })
    const first = await test.codeFor(email)
    const resend = (): Promise<unknown> =>
      browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] }).then(({ body }) => body)
    test.clock.set(at + 5 * minuteMs)
    expect((await test.proveCode(browser, started, first)).body).toMatchObject({ code: 'wrong_code' })
    test.clock.set(at + dayMs - 1)
    expect(await resend()).toEqual({ status: 'sent' })
    const last = await test.codeFor(email)
    test.clock.set(at + dayMs)
    expect(await resend()).toMatchObject({ code: 'attempt_over' })
    expect((await test.proveCode(browser, started, last)).body).toMatchObject({ code: 'attempt_over' })
    test.clock.set(at + dayMs - 1)
    expect((await test.proveCode(browser, started, last)).body).toMatchObject({ status: 'signed_in' })
  })

  it('gives no roles and takes no field that it does not know', async () => {
    const test = createTestAuth()
    const extra = { roles: ['admin'], emailVerified: true, id: 'x', epoch: 0, __proto__x: 1 }
    for (const [name, value] of Object.entries(extra)) {
      const answer = await test.browser().post('/sign-up', { email, password: testPassword, [name]: value })
      expect(answer.body).toMatchObject({ status: 422, fields: { [name]: 'unknown_field' } })
    }
    expect(await test.events()).toEqual([])
  })

  it('refuses bad names and addresses by name, echoes none of it, and stores nothing', async () => {
    const test = createTestAuth()
    const bad: readonly { readonly body: Record<string, unknown>; readonly field: string }[] = [
      { body: { email, name: 'Ada\r\nBcc: eve@example.com' }, field: 'name' },
      { body: { email, name: '\u202eadA' }, field: 'name' },
      { body: { email, name: 'x'.repeat(101) }, field: 'name' },
      { body: { email, name: ['Ada'] }, field: 'name' },
      { body: { email, locale: 'de\nDE' }, field: 'locale' },
      { body: { email: `${'x'.repeat(10_000)}@example.com` }, field: 'email' },
      { body: { email: 'ada@example.com\r\nBcc: eve@example.com' }, field: 'email' },
      { body: { email: 'ada@example.com\n' }, field: 'email' },
      { body: { email: [email] }, field: 'email' },
      { body: { email: { $ne: null } }, field: 'email' },
      { body: { email, password: 12_345_678 }, field: 'password' },
    ]
    for (const { body, field } of bad) {
      const answer = await test.browser().post('/sign-up', body)
      expect([answer.status, Object.keys(answer.body['fields'] ?? {})]).toEqual([422, [field]])
      expect(answer.text).not.toMatch(/eve|xxx|Bcc/)
    }
    for (const name of ['Ada\0', 'Ada\ud800']) {
      expect((await test.browser().post('/sign-up', { email, name })).body).toMatchObject({ status: 400 })
    }
    await test.auth.drainOutbox()
    expect([await test.events(), test.mailbox.list()]).toEqual([[], []])
  })
})

const outcomes: readonly {
  readonly outcome: string
  readonly options?: TestAuthOptions
  readonly play: (test: TestAuth) => Promise<unknown>
  readonly events: readonly string[]
}[] = [
  {
    outcome: 'proved',
    play: (test) => test.signUp(email),
    events: ['sign_up.started', 'user.created', 'login.success'],
  },
  {
    outcome: 'known address, guessed code, sent again',
    async play(test) {
      await test.signUp(email)
      const browser = test.browser()
      const started = await browser.post('/sign-up', { email, password: testPassword })
      await test.proveCode(browser, started, '123456')
      await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
    },
    events: [
      'sign_up.started',
      'user.created',
      'login.success',
      'sign_up.known_address',
      'login.failure wrong_code',
      'login.code_resent',
    ],
  },
  {
    outcome: 'bad password',
    play: (test) => test.browser().post('/sign-up', { email, password: 'password1' }),
    events: ['sign_up.refused common'],
  },
  {
    outcome: 'no password where one is needed',
    options: { secondFactor: { policy: 'always' } },
    play: (test) => test.browser().post('/sign-up', { email }),
    events: ['sign_up.refused password_required'],
  },
  {
    outcome: 'over the limit',
    options: { limits: { mailPerAddress: { limit: 1, windowMs: hourMs } } },
    async play(test) {
      await test.browser().post('/sign-up', { email, password: testPassword })
      await test.browser().post('/sign-up', { email, password: testPassword })
    },
    events: ['sign_up.started', 'sign_up.refused over_limit'],
  },
  {
    outcome: 'second of two registrations',
    async play(test) {
      const [first, second] = [test.browser(), test.browser()]
      const one = await first.post('/sign-up', { email, password: testPassword })
      const codeOfOne = await test.codeFor(email)
      const two = await second.post('/sign-up', { email, password: testPassword })
      await test.proveCode(second, two, await test.codeFor(email))
      await test.proveCode(first, one, codeOfOne)
    },
    events: ['sign_up.started', 'sign_up.started', 'user.created', 'login.success', 'login.failure attempt_over'],
  },
]

describe('the audit log of registrations', () => {
  it('has the events of every outcome, no more and no fewer', async () => {
    for (const { outcome, options = {}, play, events } of outcomes) {
      const test = createTestAuth(options)
      await play(test)
      expect([outcome, await test.events()]).toEqual([outcome, events])
    }
  })

  it('names no user who was never made', async () => {
    const test = createTestAuth()
    const browsers = Array.from({ length: 4 }, () => test.browser())
    const attempts = []
    for (const browser of browsers) {
      const started = await browser.post('/sign-up', { email, password: testPassword })
      attempts.push({ browser, started, code: await test.codeFor(email) })
    }
    await Promise.all(attempts.map(({ browser, started, code }) => test.proveCode(browser, started, code)))
    const made = await test.auth.users.findByEmail(email)
    const { items } = await test.storage.listEvents({ limit: 100 })
    expect(items).toHaveLength(4 + 2 + 3)
    expect(new Set(items.map(({ userId }) => userId))).toEqual(new Set([null, made?.id]))
  })
})
