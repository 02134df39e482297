import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'

const email = 'ada@example.com'

describe('a clock that is wrong', () => {
  it('that jumps back and forth breaks nothing: no 5xx, no session without its code, and an end to every wait', async () => {
    const jumps = fc.array(fc.integer({ min: -2 * dayMs, max: 2 * dayMs }), { minLength: 3, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(jumps, async (steps) => {
        const test = createTestAuth()
        await test.signUp(email)
        for (const step of steps) {
          test.clock.set(test.clock.now() + step)
          const browser = test.browser()
          const first = await browser.post('/sign-in/password', { email, password: testPassword })
          const wrong = await test.browser().post('/sign-in/password', { email, password: 'a wrong horse' })
          const guessed = await test.proveCode(browser, first, 'nothing')
          expect([200, 429]).toContain(first.status)
          expect([401, 429]).toContain(wrong.status)
          expect([401, 422, 429]).toContain(guessed.status)
          expect(Number(wrong.headers.get('retry-after') ?? 0)).toBeLessThanOrEqual(15 * 60)
          expect((await browser.get('/session')).status).toBe(401)
        }
        await test.clock.advance(dayMs)
        expect((await test.signIn(test.browser(), email)).status).toBe(200)
      }),
      { numRuns: 20 },
    )
  }, 60_000)

  it('set back by a day after the budget was spent frees it within one window', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    for (let guess = 0; guess < 10; guess++) await test.signIn(test.browser(), email, 'a wrong horse')
    test.clock.set(test.clock.now() - dayMs)
    const refused = await test.signIn(test.browser(), email)
    expect([refused.status, Number(refused.headers.get('retry-after')) <= 900]).toEqual([429, true])
    await test.clock.advance(15 * minuteMs)
    expect((await test.signIn(test.browser(), email)).status).toBe(200)
  })

  it('set back buys no further guess at a code, and set forward none either', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email })
    const right = await test.codeFor(email)
    const wrong = right === '000000' ? '000001' : '000000'
    const at = test.clock.now()
    const codes = []
    for (const jump of [0, -hourMs, -dayMs, minuteMs, 10 * minuteMs, -minuteMs, 0]) {
      test.clock.set(at + jump)
      codes.push((await test.proveCode(browser, started, wrong)).body['code'])
    }
    expect(codes).toEqual([...Array.from({ length: 5 }, () => 'wrong_code'), 'attempt_over', 'attempt_over'])
    expect((await test.proveCode(browser, started, right)).body).toMatchObject({ code: 'attempt_over' })
  })
})
