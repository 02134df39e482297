import { describe, expect, it } from 'vitest'
import { minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const email = 'ada@example.com'
const cookie = '__Host-latchkey'

const prove = (browser: TestBrowser, asked: TestAnswer, password = testPassword): Promise<TestAnswer> =>
  browser.post('/sign-in/factor/password', { attempt: asked.body['attempt'], password })

/** Two browsers of one person. */
async function twoSessions(): Promise<{
  readonly test: TestAuth
  readonly first: TestBrowser
  readonly second: TestBrowser
}> {
  const test = createTestAuth()
  const first = await test.signUp(email)
  const second = test.browser()
  await test.signIn(second, email)
  return { test, first, second }
}

describe('a step-up raises nothing', () => {
  it('but the session that began it: not another of the same person, not one of somebody else', async () => {
    const { test, first, second } = await twoSessions()
    const eve = await test.signUp('eve@example.com')
    const asked = await first.post('/session/step-up')
    for (const other of [second, eve]) {
      const session = other.cookies.get(cookie) ?? ''
      // As far as an attacker in the same browser could go: the binding of the attempt is there, the session is another.
      const mixed = test.browser()
      for (const [name, value] of first.cookies) mixed.cookies.set(name, value)
      mixed.cookies.set(cookie, session)
      expect((await prove(mixed, asked)).body).toMatchObject({ code: 'attempt_over' })
    }
    expect((await prove(first, asked)).body).toMatchObject({ status: 'signed_in' })
  })

  it('without the session: the attempt alone opens none', async () => {
    const { test, first } = await twoSessions()
    const asked = await first.post('/session/step-up')
    const bare = test.browser()
    for (const [name, value] of first.cookies) if (name !== cookie) bare.cookies.set(name, value)
    const answer = await prove(bare, asked)
    expect(answer.body).toMatchObject({ code: 'attempt_over' })
    expect(bare.cookies.has(cookie)).toBe(false)
  })

  it('twice: one attempt, one renewal, also for fifty at once', async () => {
    const { first } = await twoSessions()
    const asked = await first.post('/session/step-up')
    const before = new Map(first.cookies)
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        first.cookies.clear()
        for (const [name, value] of before) first.cookies.set(name, value)
        return prove(first, asked)
      }),
    )
    // The attempt has five tries; one of them wins the session.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await prove(first, asked)).status).toBe(401)
  })

  it('after the session ended, the account was signed out everywhere, or the attempt grew old', async () => {
    const { test, first, second } = await twoSessions()
    const asked = await first.post('/session/step-up')
    await second.delete('/sessions')
    expect((await prove(first, asked)).status).toBe(401)

    const late = await second.post('/session/step-up')
    await test.clock.advance(31 * minuteMs)
    expect((await prove(second, late)).body).toMatchObject({ code: 'attempt_over' })
    expect((await second.get('/session')).status).toBe(200)
  })

  it('for a wrong password, which costs a try and the budget of the account', async () => {
    const { first } = await twoSessions()
    const asked = await first.post('/session/step-up')
    for (let tries = 0; tries < 5; tries++)
      expect((await prove(first, asked, 'wrong horse')).body).toMatchObject({ code: 'invalid_credentials' })
    expect((await prove(first, asked)).body).toMatchObject({ code: 'attempt_over' })
    expect((await first.get('/session')).status).toBe(200)
  })

  it('by a factor that it did not ask for', async () => {
    const { test, first } = await twoSessions()
    const asked = await first.post('/session/step-up')
    const code = await test.codeFor(email)
    expect((await test.proveCode(first, asked, code)).body).toMatchObject({ code: 'attempt_over' })
    const signIn = await test.browser().post('/sign-in/email-code', { email })
    expect((await prove(first, signIn)).body).toMatchObject({ code: 'attempt_over' })
  })
})
