import { describe, expect, it } from 'vitest'
import { parseEmailAddress } from '../../user/email-address.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import { minuteMs } from '../../platform/clock.ts'

const email = 'ada@example.com'

async function storedHash(test: TestAuth): Promise<string> {
  const address = parseEmailAddress(email)
  const subject = address && (await test.storage.findSubjectByEmail(address))
  return subject?.credentials.find(({ method }) => method === 'password')?.secret ?? ''
}

describe('sign-in with a password', () => {
  it('asks for the mailed code on an unknown device and spares it on a known one', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const browser = test.browser()
    const first = await browser.post('/sign-in/password', { email, password: testPassword })
    expect(first.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'], sentTo: 'a…@example.com' })
    expect((await browser.get('/session')).status).toBe(401)
    expect((await test.proveCode(browser, first, await test.codeFor(email))).status).toBe(200)
    await browser.delete('/session')
    const second = await browser.post('/sign-in/password', { email, password: testPassword })
    expect(second.body).toMatchObject({ status: 'signed_in', session: { aal: 1, amr: ['pwd'] } })
  })

  it('opens a session at once where no code is wanted, and tells the owner of the new device', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    await test.signUp(email)
    test.mailbox.clear()
    const answer = await test.browser().post('/sign-in/password', { email, password: testPassword })
    expect(answer.body).toMatchObject({ status: 'signed_in' })
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ to, code }) => [to, code])).toEqual([[email, undefined]])
  })

  it('knows a device in token mode by the value that it was given', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const native = test.browser()
    const asked = await native.post('/sign-in/password', { email, password: testPassword, mode: 'token' })
    const { device } = (await test.proveCode(native, asked, await test.codeFor(email))).body
    const next = await test
      .browser()
      .post('/sign-in/password', { email, password: testPassword, mode: 'token', device })
    expect(next.body).toMatchObject({ status: 'signed_in' })
    expect(next.body).not.toHaveProperty('device')
  })

  it('takes a password exactly as it was set: no case folding, no trimming, no cutting, composed and decomposed alike', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    const long = ` Caf\u00e9 ${'\u{1f40e}'.repeat(64)} ${'x'.repeat(100)} `
    await test.signUp(email, long)
    const status = async (password: string): Promise<number> =>
      (await test.browser().post('/sign-in/password', { email, password })).status
    expect(await status(long)).toBe(200)
    expect(await status(long.normalize('NFD'))).toBe(200)
    for (const other of [long.trim(), long.slice(0, -1), `${long} `, long.toLowerCase(), long.slice(0, 72)])
      expect(await status(other)).toBe(401)
  })

  it('refuses what is longer than the cap before any work, known or not', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    for (const address of [email, 'bob@example.com']) {
      for (const password of ['x'.repeat(1_025), 'x'.repeat(60_000)]) {
        const answer = await test.browser().post('/sign-in/password', { email: address, password })
        expect(answer.body).toMatchObject({ status: 422, fields: { password: 'too_long' } })
      }
    }
  })

  it('renews a weaker hash after success, and only after success', async () => {
    const cheap = { memoryKib: 8_192, passes: 1, lanes: 1 }
    const unsafeWeakParameters = { reason: 'tests hash often' }
    const test = createTestAuth({ hashing: { parameters: cheap, unsafeWeakParameters } })
    await test.signUp(email)
    const { storage, clock } = test
    const hashing = { parameters: { ...cheap, passes: 2 }, unsafeWeakParameters }
    const stronger = createTestAuth({ storage, clock, seed: 2, hashing })
    const before = await storedHash(test)
    await stronger.signIn(stronger.browser(), email, 'a wrong horse entirely')
    await stronger.auth.close()
    expect(await storedHash(test)).toBe(before)
    await stronger.signIn(stronger.browser(), email)
    await stronger.auth.close()
    expect(await storedHash(test)).toContain('t=2')
    expect((await stronger.signIn(stronger.browser(), email)).status).toBe(200)
    expect(await stronger.events()).toContain('password.rehash')
  })
})

const outcomes: readonly {
  readonly outcome: string
  readonly options?: TestAuthOptions
  readonly play: (test: TestAuth) => Promise<unknown>
  readonly events: readonly string[]
}[] = [
  {
    outcome: 'right on an unknown device, then the code',
    play: (test) => test.signIn(test.browser(), email),
    events: ['login.factor_required', 'login.success'],
  },
  {
    outcome: 'right on a known device',
    async play(test) {
      const browser = test.browser()
      await test.signIn(browser, email)
      await test.signIn(browser, email)
    },
    events: ['login.factor_required', 'login.success', 'session.revoked replaced', 'login.success'],
  },
  {
    outcome: 'wrong',
    play: (test) => test.signIn(test.browser(), email, 'a wrong horse'),
    events: ['login.failure wrong_password'],
  },
  {
    outcome: 'unknown address',
    play: (test) => test.signIn(test.browser(), 'bob@example.com'),
    events: ['login.failure unknown_address'],
  },
  {
    outcome: 'no password set',
    async play(test) {
      await test.auth.users.create({ email: 'bob@example.com', emailVerified: true })
      await test.signIn(test.browser(), 'bob@example.com')
    },
    events: ['user.created', 'login.failure no_password'],
  },
  {
    outcome: 'blocked, right or wrong',
    async play(test) {
      await test.auth.users.block((await test.auth.users.findByEmail(email))?.id ?? '')
      await test.signIn(test.browser(), email)
      await test.signIn(test.browser(), email, 'a wrong horse')
    },
    events: ['user.blocked', 'login.failure blocked', 'login.failure wrong_password'],
  },
  {
    outcome: 'over the limit',
    options: { limits: { passwordPerAccount: { limit: 1, windowMs: minuteMs } } },
    async play(test) {
      await test.signIn(test.browser(), email, 'a wrong horse')
      await test.signIn(test.browser(), email)
    },
    events: ['login.failure wrong_password', 'login.limited over_limit'],
  },
  {
    outcome: 'as a second proof: wrong, right, used twice',
    options: { secondFactor: { policy: 'always' } },
    async play(test) {
      const browser = test.browser()
      const mailed = await browser.post('/sign-in/email-code', { email, mode: 'token' })
      const { attempt } = (await test.proveCode(browser, mailed, await test.codeFor(email))).body
      await browser.post('/sign-in/factor/password', { attempt, password: 'a wrong horse' })
      await browser.post('/sign-in/factor/password', { attempt, password: testPassword })
      await browser.post('/sign-in/factor/password', { attempt, password: testPassword })
    },
    events: [
      'login.code_requested',
      'login.factor_required',
      'login.failure wrong_password',
      'login.success',
      'login.failure attempt_over',
    ],
  },
  {
    outcome: 'as a second proof that nobody asked for, with a made-up handle',
    async play(test) {
      const browser = test.browser()
      const { attempt } = (await browser.post('/sign-in/email-code', { email, mode: 'token' })).body
      await browser.post('/sign-in/factor/password', { attempt, password: testPassword })
      await browser.post('/sign-in/factor/password', { attempt: 'made.up.handle', password: testPassword })
    },
    events: ['login.code_requested', 'login.failure factor_not_accepted', 'login.failure attempt_over'],
  },
  {
    outcome: 'as the proof of a step-up, over the limit',
    options: { limits: { passwordPerNetwork: { limit: 1, windowMs: minuteMs } } },
    async play(test) {
      const browser = await test.signUp('bob@example.com')
      const { attempt } = (await browser.post('/session/step-up')).body
      await browser.post('/sign-in/factor/password', { attempt, password: 'a wrong horse' })
      await browser.post('/sign-in/factor/password', { attempt, password: testPassword })
    },
    events: [
      'sign_up.started',
      'user.created',
      'login.success',
      'session.step_up_started',
      'login.failure wrong_password',
      'login.limited over_limit',
    ],
  },
]

describe('the audit log of passwords', () => {
  it('has the events of every outcome, no more and no fewer', async () => {
    for (const { outcome, options = {}, play, events } of outcomes) {
      const test = createTestAuth(options)
      await test.signUp(email)
      const before = (await test.events()).length
      await play(test)
      expect([outcome, (await test.events()).slice(before)]).toEqual([outcome, events])
    }
  })
})
