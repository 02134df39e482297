import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'

const ada = 'ada@example.com'
const eve = 'eve@example.com'
const wrong = 'a wrong horse altogether'

const guess = (browser: TestBrowser, email = ada, password = wrong): Promise<TestAnswer> =>
  browser.post('/sign-in/password', { email, password })

const count = (answers: readonly TestAnswer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length

async function exhaust(test: TestAuth, email = ada): Promise<void> {
  for (let guessed = 0; guessed < 10; guessed++) await guess(test.browser(), email)
}

describe('guessing the password of one account', () => {
  it('stops 200 networks at the ceiling of the account, one after the other and at once', async () => {
    const test = createTestAuth()
    await test.signUp(ada)
    const inTurn: TestAnswer[] = []
    for (let network = 0; network < 200; network++) inTurn.push(await guess(test.browser()))
    expect([count(inTurn, 401), count(inTurn, 429)]).toEqual([10, 190])
    await test.clock.advance(15 * minuteMs)
    const atOnce = await Promise.all(Array.from({ length: 200 }, () => guess(test.browser())))
    expect([count(atOnce, 401), count(atOnce, 429)]).toEqual([10, 190])
  })

  it('never exceeds the ceiling in any window, whatever the phase, networks and right answers in between', async () => {
    const ceiling = { limit: 5, windowMs: 15 * minuteMs }
    const moves = fc.array(
      fc.record({ waitMs: fc.nat(6 * minuteMs), who: fc.constantFrom('wrong', 'wrong', 'wrong', 'right', 'other') }),
      { minLength: 20, maxLength: 60 },
    )
    await fc.assert(
      fc.asyncProperty(moves, async (steps) => {
        const test = createTestAuth({
          limits: { passwordPerAccount: ceiling, mailPerAddress: { limit: 1_000, windowMs: hourMs } },
        })
        await test.signUp(ada)
        await test.signUp(eve)
        const failures: number[] = []
        for (const { waitMs, who } of steps) {
          await test.clock.advance(waitMs)
          const now = test.clock.now()
          const isOver = failures.filter((at) => at > now - ceiling.windowMs).length >= ceiling.limit
          const answer = await guess(
            test.browser(),
            who === 'other' ? eve : ada,
            who === 'wrong' ? wrong : testPassword,
          )
          expect([who, answer.status]).toEqual([
            who,
            who === 'wrong' ? (isOver ? 429 : 401) : who === 'right' && isOver ? 429 : 200,
          ])
          if (answer.status === 401) failures.push(now)
        }
      }),
      { numRuns: 10 },
    )
  }, 60_000)

  it('tells the owner on a new device how long to wait, to the second, and an unknown address the same', async () => {
    const test = createTestAuth()
    await test.signUp(ada)
    for (const email of [ada, 'nobody@example.com']) {
      const at = test.clock.now()
      await exhaust(test, email)
      test.clock.set(at + 1_500)
      const answer = await guess(test.browser(), email, testPassword)
      expect([answer.status, answer.headers.get('retry-after'), answer.body['retryAfter']]).toEqual([429, '899', 899])
      test.clock.set(at + 15 * minuteMs - 1)
      expect((await guess(test.browser(), email, testPassword)).status).toBe(429)
      test.clock.set(at + 15 * minuteMs)
      expect((await guess(test.browser(), email, testPassword)).status).toBe(email === ada ? 200 : 401)
    }
  })

  it('does not lock the owner out of a known device: not of the sign-in, not of the change of the password', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(ada)
    await exhaust(test)
    expect((await guess(owner, ada, testPassword)).body).toMatchObject({ status: 'signed_in' })
    const changed = await owner.post('/password/change', {
      currentPassword: testPassword,
      password: 'another phrase of mine',
    })
    expect(changed.status).toBe(204)
  })

  it('gives a device of somebody else, a changed one or a forgotten one no budget of its own', async () => {
    const test = createTestAuth()
    const [owner, other] = [await test.signUp(ada), await test.signUp(eve)]
    await exhaust(test)
    const device = owner.cookies.get('__Host-latchkey-device') ?? ''
    const flipped = device.slice(0, -1) + (device.endsWith('A') ? 'B' : 'A')
    const forged = [other.cookies.get('__Host-latchkey-device') ?? '', flipped, device.slice(0, 37), `${device}A`, '']
    for (const value of forged) {
      const thief = test.browser()
      thief.cookies.set('__Host-latchkey-device', value)
      expect((await guess(thief, ada, testPassword)).status).toBe(429)
    }
    const { id = '' } = (await test.auth.users.findByEmail(ada)) ?? {}
    await test.auth.sessions.revokeAll(id)
    expect((await guess(owner, ada, testPassword)).status).toBe(429)
  })

  it('limits a known device too, and leaves the budget of the account alone', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(ada)
    const answers: TestAnswer[] = []
    for (let guessed = 0; guessed < 15; guessed++) answers.push(await guess(owner))
    expect([count(answers, 401), count(answers, 429)]).toEqual([10, 5])
    expect((await guess(test.browser(), ada, testPassword)).status).toBe(200)
  })

  it('is one budget for all spellings of an address', async () => {
    const test = createTestAuth()
    await test.signUp(ada)
    const spellings = ['ada@example.com', 'ADA@EXAMPLE.COM', ' Ada@example.com ', 'ada@exam\u00adple.com']
    const answers: TestAnswer[] = []
    for (let guessed = 0; guessed < 20; guessed++) answers.push(await guess(test.browser(), spellings[guessed % 4]))
    expect([count(answers, 401), count(answers, 429)]).toEqual([10, 10])
  })

  it('cannot be refilled by right answers of an account of the attacker from the same network', async () => {
    const test = createTestAuth({ limits: { passwordPerNetwork: { limit: 12, windowMs: 15 * minuteMs } } })
    const attacker = await test.signUp(eve)
    const answers: TestAnswer[] = []
    for (let victim = 0; victim < 20; victim++) {
      answers.push(await guess(attacker, `victim-${victim}@example.com`))
      await guess(attacker, eve, testPassword)
    }
    expect([count(answers, 401), count(answers, 429)]).toEqual([12, 8])
  })

  it('does not let a network over its limit spend the budgets of accounts', async () => {
    const test = createTestAuth({ limits: { passwordPerNetwork: { limit: 3, windowMs: 15 * minuteMs } } })
    await test.signUp(ada)
    const attacker = test.browser()
    for (let guessed = 0; guessed < 50; guessed++) await guess(attacker)
    const answers: TestAnswer[] = []
    for (let network = 0; network < 7; network++) answers.push(await guess(test.browser()))
    expect(count(answers, 401)).toBe(7)
    expect((await guess(test.browser())).status).toBe(429)
  })

  it('counts an IPv6 network as its /64', async () => {
    const test = createTestAuth({ limits: { passwordPerNetwork: { limit: 3, windowMs: 15 * minuteMs } } })
    const answers: TestAnswer[] = []
    for (let host = 1; host <= 6; host++)
      answers.push(
        await guess(test.browser({ remoteAddress: `2001:db8:1:2:${host}::1` }), `someone-${host}@example.com`),
      )
    expect([count(answers, 401), count(answers, 429)]).toEqual([3, 3])
  })
})

describe('the password as a further factor', () => {
  it('tells nothing about a password in an attempt that did not ask for one, and is not evaluated there', async () => {
    const test = createTestAuth()
    await test.signUp(ada)
    const answers: unknown[] = []
    for (const email of [ada, 'nobody@example.com']) {
      for (const password of [testPassword, wrong]) {
        const browser = test.browser()
        const { attempt } = (await browser.post('/sign-in/email-code', { email })).body
        const { status, body } = await browser.post('/sign-in/factor/password', { attempt, password })
        answers.push([status, body['code']])
      }
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['[401,"attempt_over"]']))
  })

  it('shares the budget of the account with the first factor, and the attempt has five of its own', async () => {
    const test = createTestAuth({ secondFactor: { policy: 'always' } })
    await test.signUp(ada)
    const guesses: TestAnswer[] = []
    for (let attempts = 0; attempts < 3; attempts++) {
      const thief = test.browser()
      const mailed = await thief.post('/sign-in/email-code', { email: ada })
      const asked = await test.proveCode(thief, mailed, await test.codeFor(ada))
      expect(asked.body).toMatchObject({ status: 'needs_factor', factors: ['password'] })
      const { attempt } = asked.body
      const six = Array.from({ length: 6 }, () => thief.post('/sign-in/factor/password', { attempt, password: wrong }))
      guesses.push(...(await Promise.all(six)))
    }
    expect(guesses.filter(({ body }) => body['code'] === 'invalid_credentials')).toHaveLength(10)
    expect((await guess(test.browser(), ada, testPassword)).status).toBe(429)
  })
})

describe('the answer to a wrong password', () => {
  it('is byte for byte the answer for an unknown address, a blocked account and one without a password', async () => {
    const test = createTestAuth()
    await test.signUp(ada)
    await test.signUp(eve)
    await test.auth.users.block((await test.auth.users.findByEmail(eve))?.id ?? '')
    await test.auth.users.create({ email: 'mia@example.com', emailVerified: true })
    const texts = new Set<string>()
    for (const email of [ada, eve, 'mia@example.com', 'nobody@example.com'])
      texts.add((await guess(test.browser(), email)).text)
    texts.add((await guess(test.browser(), eve, testPassword)).text)
    expect([...texts]).toEqual([expect.stringContaining('invalid_credentials')])
  })
})
