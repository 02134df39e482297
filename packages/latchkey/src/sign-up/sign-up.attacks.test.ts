import { describe, expect, it } from 'vitest'
import { hourMs } from '../platform/clock.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import type { TestAnswer } from '../testing/test-browser.ts'

const email = 'ada@example.com'
const attackersPassword = 'chosen by somebody else'

const isSignedIn = ({ body }: TestAnswer): boolean => body['status'] === 'signed_in'

describe('a registration under attack', () => {
  it('has one winner among 50 parallel proofs of one code', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword })
    const code = await test.codeFor(email)
    const answers = await Promise.all(Array.from({ length: 50 }, () => test.proveCode(browser, started, code)))
    expect(answers.filter(isSignedIn)).toHaveLength(1)
    expect((await test.auth.users.list()).users).toHaveLength(1)
  })

  it('has one winner among 50 parallel registrations of one address, and the winner keeps the password', async () => {
    const limits = {
      mailPerAddress: { limit: 100, windowMs: hourMs },
      codePerAccount: { limit: 100, windowMs: hourMs },
    }
    const test = createTestAuth({ limits, secondFactor: { newDeviceCode: false } })
    const attempts = []
    for (let index = 0; index < 50; index++) {
      const browser = test.browser()
      const started = await browser.post('/sign-up', { email, password: `${testPassword} ${index}` })
      attempts.push({ browser, started, code: await test.codeFor(email) })
    }
    const answers = await Promise.all(
      attempts.map(({ browser, started, code }) => test.proveCode(browser, started, code)),
    )
    const winner = answers.findIndex(isSignedIn)
    expect(answers.filter(isSignedIn)).toHaveLength(1)
    expect((await test.auth.users.list()).users).toHaveLength(1)
    const status = async (index: number): Promise<number> =>
      (await test.signIn(test.browser(), email, `${testPassword} ${index}`)).status
    expect([await status(winner), await status((winner + 1) % 50)]).toEqual([200, 401])
  })

  it('cannot plant a password: the code of the owner proves the registration of the owner alone', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    const [attacker, owner] = [test.browser(), test.browser()]
    const planted = await attacker.post('/sign-up', { email, password: attackersPassword })
    const codeOfPlanted = await test.codeFor(email)
    const started = await owner.post('/sign-up', { email, password: testPassword })
    const code = await test.codeFor(email)
    expect((await test.proveCode(attacker, planted, code)).body).toMatchObject({ code: 'wrong_code' })
    expect((await test.proveCode(owner, started, codeOfPlanted)).body).toMatchObject({ code: 'wrong_code' })
    expect(isSignedIn(await test.proveCode(owner, started, code))).toBe(true)
    expect((await test.proveCode(attacker, planted, codeOfPlanted)).body).toMatchObject({ code: 'attempt_over' })
    expect((await test.signIn(attacker, email, attackersPassword)).status).toBe(401)
  })

  it('cannot be proved in another browser, nor its code asked for again there', async () => {
    const test = createTestAuth()
    const started = await test.browser().post('/sign-up', { email, password: testPassword })
    const thief = test.browser()
    await thief.post('/sign-up', { email: 'eve@example.com' })
    const { attempt } = started.body
    expect((await test.proveCode(thief, started, await test.codeFor(email))).body).toMatchObject({
      code: 'attempt_over',
    })
    expect((await thief.post('/sign-in/factor/email-code/resend', { attempt })).body).toMatchObject({
      code: 'attempt_over',
    })
  })

  it('of a known address leaves the account as it was, whatever code is guessed', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    await test.signUp(email)
    test.mailbox.clear()
    const attacker = test.browser()
    const started = await attacker.post('/sign-up', { email, password: attackersPassword, name: 'Eve' })
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ code }) => code)).toEqual([undefined])
    for (let guess = 0; guess < 6; guess++) await test.proveCode(attacker, started, `00000${guess}`)
    expect(await test.auth.users.findByEmail(email)).toMatchObject({ name: null })
    expect((await test.signIn(attacker, email, attackersPassword)).status).toBe(401)
    expect((await test.signIn(test.browser(), email)).status).toBe(200)
  })

  it('ends at the limits of address and network with 429 and Retry-After, the same for known and unknown', async () => {
    const seen = []
    for (const isKnown of [true, false]) {
      const test = createTestAuth({ limits: { mailPerAddress: { limit: 4, windowMs: hourMs } } })
      if (isKnown) await test.signUp(email)
      else await test.browser().post('/sign-up', { email })
      for (let mail = 0; mail < 3; mail++) await test.browser().post('/sign-up', { email })
      await test.clock.advance(1_000)
      const refused = await test.browser().post('/sign-up', { email, password: testPassword })
      seen.push([refused.status, refused.headers.get('retry-after'), refused.text, refused.setCookies])
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]?.slice(0, 2)).toEqual([429, '3599'])
  })

  it('hashes nothing for a network over its limit', async () => {
    const test = createTestAuth({ limits: { signUpPerNetwork: { limit: 3, windowMs: hourMs } } })
    const flooder = test.browser()
    const answers: TestAnswer[] = []
    for (let index = 0; index < 6; index++)
      answers.push(await flooder.post('/sign-up', { email: `someone-${index}@example.com`, password: testPassword }))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429, 429])
    expect((await test.browser().post('/sign-up', { email, password: testPassword })).status).toBe(200)
  })
})
