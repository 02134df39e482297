import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const ada = 'ada@example.com'
const bob = 'bob@example.com'
const next = 'an entirely different phrase'
const plenty = { limit: 1_000, windowMs: dayMs }

async function createPeople(options: TestAuthOptions = {}): Promise<TestAuth> {
  const test = createTestAuth(options)
  await test.signUp(ada)
  await test.signUp(bob)
  return test
}

const ask = (browser: TestBrowser, email = ada, body: object = {}): Promise<TestAnswer> =>
  browser.post('/password/reset-request', { email, ...body })

const set = (browser: TestBrowser, asked: TestAnswer, code: string, password = next): Promise<TestAnswer> =>
  browser.post('/password/reset', { attempt: asked.body['attempt'], code, password })

async function tokenFor(test: TestAuth, email = ada): Promise<string> {
  const link = await test.linkFor(email)
  return link.slice(link.indexOf('#token=') + 7)
}

const wrongFor = (code: string): string => (code === '000000' ? '000001' : '000000')

describe('a reset by the code of the mail', () => {
  it('sets the password where it was asked for, ends every session, signs nobody in', async () => {
    const test = createTestAuth()
    const signedIn = await test.signUp(ada)
    const browser = test.browser()
    const asked = await ask(browser)
    expect(asked.body).toEqual({ status: 'sent', attempt: expect.any(String) })
    const done = await set(browser, asked, await test.codeFor(ada))
    expect([done.status, done.text]).toEqual([204, ''])
    expect(browser.cookies.size).toBe(0)
    expect((await signedIn.get('/session')).status).toBe(401)
    expect((await test.signIn(test.browser(), ada, next)).body).toMatchObject({ status: 'signed_in' })
    expect((await test.signIn(test.browser(), ada)).body).toMatchObject({ code: 'invalid_credentials' })
  })

  it('is one of two ways of one mail: whichever is used, the other is dead', async () => {
    for (const way of ['code', 'token']) {
      const test = await createPeople()
      const browser = test.browser()
      const asked = await ask(browser)
      const [code, token] = [await test.codeFor(ada), await tokenFor(test)]
      const byCode = (): Promise<TestAnswer> => set(browser, asked, code)
      const byToken = (): Promise<TestAnswer> => browser.post('/password/reset', { token, password: next })
      const binding = new Map(browser.cookies)
      expect((await (way === 'code' ? byCode : byToken)()).status).toBe(204)
      for (const [name, value] of binding) browser.cookies.set(name, value)
      for (const again of [byCode, byToken]) expect((await again()).body).toMatchObject({ code: 'attempt_over' })
    }
  })

  it('has one winner among 50 parallel ones, by code and by token', async () => {
    const test = await createPeople({ code: { maxAttempts: 10 } })
    const browser = test.browser()
    const asked = await ask(browser)
    const [code, token] = [await test.codeFor(ada), await tokenFor(test)]
    const binding = new Map(browser.cookies)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const tab = test.browser()
        for (const [name, value] of binding) tab.cookies.set(name, value)
        return index % 2 === 0 ? set(tab, asked, code) : tab.post('/password/reset', { token, password: next })
      }),
    )
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.every(({ status }) => status === 204 || status === 401)).toBe(true)
  })

  it('does not give away the link: the attempt is no token, with and without the code', async () => {
    const test = await createPeople()
    const thief = test.browser()
    const asked = await ask(thief)
    const code = await test.codeFor(ada)
    const { attempt } = asked.body
    for (const body of [
      { token: attempt, password: next },
      { attempt, password: next },
      { token: attempt, code, password: next },
      { token: attempt, attempt, code, password: next },
      { code, password: next },
      { password: next },
    ])
      expect([401, 422]).toContain((await thief.post('/password/reset', body)).status)
    expect((await test.signIn(test.browser(), ada)).body).toMatchObject({ status: 'signed_in' })
    // Nor is the link an attempt.
    const token = await tokenFor(test)
    const tried = await thief.post('/password/reset', { attempt: token, code, password: next })
    expect(tried.body).toMatchObject({ code: 'attempt_over' })
    expect((await set(thief, asked, code)).status).toBe(204)
  })

  it('is guessed five times an attempt, in parallel too, and shares the wrong codes of the account', async () => {
    const test = await createPeople({ limits: { resetPerAddress: plenty } })
    const answers: TestAnswer[] = []
    for (let request = 0; request < 8; request++) {
      const thief = test.browser()
      const asked = await ask(thief)
      const code = await test.codeFor(ada)
      const guesses = Array.from({ length: 6 }, (_, index) => (index === 5 ? code : wrongFor(code)))
      answers.push(...(await Promise.all(guesses.map((guess) => set(thief, asked, guess)))))
    }
    expect(answers.filter(({ body }) => body['code'] === 'wrong_code')).toHaveLength(30)
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(0)
    const last = await ask(test.browser(), ada, { mode: 'token' })
    const limited = await set(test.browser(), last, await test.codeFor(ada))
    expect(limited.status).toBe(429)
    // The link is behind no budget: its owner gets in.
    const token = await tokenFor(test)
    expect((await test.browser().post('/password/reset', { token, password: next })).status).toBe(204)
  })

  it('wants the browser that asked, the newest request, and five minutes', async () => {
    const test = await createPeople()
    const at = test.clock.now()
    const [first, second] = [test.browser(), test.browser()]
    const older = await ask(first)
    const olderCode = await test.codeFor(ada)
    const newer = await ask(second)
    const code = await test.codeFor(ada)
    expect((await set(first, older, olderCode)).body).toMatchObject({ code: 'attempt_over' })
    expect((await set(first, newer, code)).body).toMatchObject({ code: 'attempt_over' })
    test.clock.set(at + 5 * minuteMs)
    expect((await set(second, newer, code)).body).toMatchObject({ code: 'wrong_code' })
    test.clock.set(at + 5 * minuteMs - 1)
    expect((await set(second, newer, code)).status).toBe(204)
  })

  it('takes no code of anything else, nor of anybody else, nor is its code good elsewhere', async () => {
    const test = await createPeople()
    const browser = test.browser()
    await ask(test.browser(), bob)
    const ofBob = await test.codeFor(bob)
    const started = await test.browser().post('/sign-in/email-code', { email: ada, mode: 'token' })
    const ofSignIn = await test.codeFor(ada)
    const asked = await ask(browser)
    const code = await test.codeFor(ada)
    for (const other of [ofBob, ofSignIn])
      expect((await set(browser, asked, other)).body).toMatchObject({ code: 'wrong_code' })
    expect((await test.proveCode(test.browser(), started, code)).body).toMatchObject({ code: 'wrong_code' })
    const swapped = await set(test.browser(), started, ofSignIn)
    expect(swapped.body).toMatchObject({ code: 'attempt_over' })
  })

  it('keeps a right code for another try when the password was refused, and gives its budget back', async () => {
    const test = await createPeople({ limits: { codePerAccount: { limit: 1, windowMs: hourMs } } })
    const browser = test.browser()
    const asked = await ask(browser)
    const code = await test.codeFor(ada)
    for (let refused = 0; refused < 3; refused++)
      expect((await set(browser, asked, code, 'short')).body).toMatchObject({ code: 'password_rejected' })
    expect((await set(browser, asked, code)).status).toBe(204)
  })

  it('keeps a right code for another try when there was no place for its hash, and gives its budget back', async () => {
    const hashing = { parameters: { memoryKib: 65_536, passes: 3, lanes: 1 }, slots: 1, maxQueued: 1 }
    const test = createTestAuth({
      hashing,
      limits: { codePerAccount: { limit: 2, windowMs: dayMs } },
    })
    await test.signUp(ada)
    const browser = test.browser()
    const asked = await ask(browser)
    const code = await test.codeFor(ada)
    for (let round = 0; round < 3; round++) {
      const storm = Array.from({ length: 6 }, (_, index) =>
        test.browser().post('/sign-in/password', { email: `nobody${index}@example.com`, password: next }),
      )
      expect((await set(browser, asked, code)).status).toBe(503)
      await Promise.all(storm)
    }
    expect((await set(browser, asked, code)).status).toBe(204)
  })

  it('is not mailed when an administrator asks: nobody has the attempt', async () => {
    const test = await createPeople()
    const admin = await test.signUp('admin@example.com')
    const id = (await test.auth.users.findByEmail('admin@example.com'))?.id ?? ''
    await test.auth.users.setRoles(id, ['admin'])
    const adaId = (await test.auth.users.findByEmail(ada))?.id ?? ''
    test.mailbox.clear()
    const asked = await admin.post(`/admin/users/${adaId}/reset-password`)
    expect(asked.text).not.toContain('attempt')
    await test.auth.drainOutbox()
    expect(test.mailbox.latest(ada)?.code).toBeUndefined()
    expect(await tokenFor(test)).not.toBe('')
  })

  it('is over for a blocked person, and for one whose sessions were ended', async () => {
    for (const end of ['block', 'revoke']) {
      const test = await createPeople()
      const browser = test.browser()
      const asked = await ask(browser)
      const code = await test.codeFor(ada)
      const id = (await test.auth.users.findByEmail(ada))?.id ?? ''
      if (end === 'block') await test.auth.users.block(id)
      else await test.auth.sessions.revokeAll(id)
      expect((await set(browser, asked, code)).body).toMatchObject({ code: 'attempt_over' })
    }
  })

  it('leaves the account of a stranger alone though the address is spelled alike', async () => {
    const test = await createPeople()
    const browser = test.browser()
    const asked = await ask(browser, 'ADA@EXAMPLE.COM')
    expect((await set(browser, asked, await test.codeFor(ada))).status).toBe(204)
    expect((await test.signIn(test.browser(), bob, testPassword)).body).toMatchObject({ status: 'signed_in' })
  })
})
