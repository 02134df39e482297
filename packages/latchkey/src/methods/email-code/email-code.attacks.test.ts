import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../../platform/clock.ts'
import { createTestAuth, type TestAuth } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'

const ada = 'ada@example.com'
const bob = 'bob@example.com'

async function createPeople(options: Parameters<typeof createTestAuth>[0] = {}): Promise<TestAuth> {
  const test = createTestAuth(options)
  await test.signUp(ada)
  await test.signUp(bob)
  return test
}

const start = (browser: TestBrowser, email = ada): Promise<TestAnswer> => browser.post('/sign-in/email-code', { email })

const statuses = (answers: readonly TestAnswer[]): Readonly<Record<number, number>> =>
  answers.reduce<Record<number, number>>(
    (counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }),
    {},
  )

const isSignedIn = (answer: TestAnswer): boolean => answer.body['status'] === 'signed_in'

/** Codes that are not this one. */
const wrongCodes = (right: string, count: number): readonly string[] =>
  Array.from({ length: count + 1 }, (_, index) => index.toString().padStart(6, '0'))
    .filter((code) => code !== right)
    .slice(0, count)

describe('a code is good once, for its attempt, in its browser', () => {
  it('refuses the same code twice', async () => {
    const test = await createPeople()
    const browser = test.browser()
    const started = await start(browser)
    const binding = new Map(browser.cookies)
    const code = await test.codeFor(ada)
    expect(isSignedIn(await test.proveCode(browser, started, code))).toBe(true)
    for (const [name, value] of binding) browser.cookies.set(name, value)
    expect((await test.proveCode(browser, started, code)).body).toMatchObject({ status: 401, code: 'attempt_over' })
  })

  it('has one winner among 50 parallel submissions, and evaluates five', async () => {
    const test = await createPeople()
    const browser = test.browser()
    const started = await start(browser)
    const code = await test.codeFor(ada)
    const before = (await test.events()).length
    const answers = await Promise.all(Array.from({ length: 50 }, () => test.proveCode(browser, started, code)))
    expect(answers.filter(isSignedIn)).toHaveLength(1)
    expect(statuses(answers)).toEqual({ 200: 1, 401: 49 })
    const events = (await test.events()).slice(before)
    expect(events.filter((event) => event === 'login.success')).toHaveLength(1)
    expect(events.filter((event) => event.startsWith('login.failure'))).toHaveLength(49)
  })

  it('does not take the code of one attempt for another, be it of the same person or of somebody else', async () => {
    const test = await createPeople()
    const browser = test.browser()
    await start(browser)
    const earlier = await test.codeFor(ada)
    const [mine, theirs] = [await start(browser), await start(test.browser(), bob)]
    const ofBob = await test.codeFor(bob)
    expect(theirs.status).toBe(200)
    for (const code of [earlier, ofBob])
      expect((await test.proveCode(browser, mine, code)).body).toMatchObject({ code: 'wrong_code' })
    expect(isSignedIn(await test.proveCode(browser, mine, await test.codeFor(ada)))).toBe(true)
  })

  it('is refused without the cookie of the browser that began, or with that of another, and costs nothing then', async () => {
    const test = await createPeople()
    const browser = test.browser()
    const started = await start(browser)
    const code = await test.codeFor(ada)
    const [bare, other] = [test.browser(), test.browser()]
    await start(other)
    for (const thief of [bare, other]) {
      for (let attempt = 0; attempt < 6; attempt++)
        expect((await test.proveCode(thief, started, code)).body).toMatchObject({ code: 'attempt_over' })
      const again = await thief.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
      expect(again.body).toMatchObject({ code: 'attempt_over' })
    }
    expect(isSignedIn(await test.proveCode(browser, started, code))).toBe(true)
  })

  it('is refused from the very millisecond of its end, and so is the attempt', async () => {
    const test = await createPeople()
    const browser = test.browser()
    const at = test.clock.now()
    const started = await start(browser)
    const code = await test.codeFor(ada)
    test.clock.set(at + 5 * minuteMs)
    expect((await test.proveCode(browser, started, code)).body).toMatchObject({ code: 'wrong_code' })
    test.clock.set(at + 5 * minuteMs - 1)
    expect(isSignedIn(await test.proveCode(browser, started, code))).toBe(true)

    const later = test.browser()
    const since = test.clock.now()
    const next = await start(later)
    test.clock.set(since + 30 * minuteMs - 1)
    const resend = (): Promise<TestAnswer> =>
      later.post('/sign-in/factor/email-code/resend', { attempt: next.body['attempt'] })
    expect((await resend()).body).toEqual({ status: 'sent' })
    const last = await test.codeFor(ada)
    test.clock.set(since + 30 * minuteMs)
    expect((await resend()).body).toMatchObject({ code: 'attempt_over' })
    expect((await test.proveCode(later, next, last)).body).toMatchObject({ code: 'attempt_over' })
  })
})

describe('guessing codes', () => {
  it('ends after five, in parallel too, with the right one among the rest', async () => {
    const test = await createPeople()
    const browser = test.browser()
    const started = await start(browser)
    const right = await test.codeFor(ada)
    const guesses = [...wrongCodes(right, 20), right]
    const answers = await Promise.all(guesses.map((code) => test.proveCode(browser, started, code)))
    expect(answers.filter(({ body }) => body['code'] === 'wrong_code')).toHaveLength(5)
    expect(answers.filter(isSignedIn)).toHaveLength(0)
    expect((await test.proveCode(browser, started, right)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('is not helped by 100 resends', async () => {
    const test = await createPeople({
      limits: { mailPerAddress: { limit: 200, windowMs: hourMs }, mailPerNetwork: { limit: 200, windowMs: hourMs } },
    })
    const browser = test.browser()
    const started = await start(browser)
    let evaluated = 0
    for (let send = 0; send < 100; send++) {
      await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
      const answer = await test.proveCode(browser, started, wrongCodes(await test.codeFor(ada), 1)[0] ?? '')
      if (answer.body['code'] === 'wrong_code') evaluated++
    }
    expect(evaluated).toBe(5)
  })

  it('stops at the ceiling of the account over all attempts, networks and spellings of the address', async () => {
    const test = await createPeople({ limits: { mailPerAddress: { limit: 200, windowMs: hourMs } } })
    const spellings = ['ada@example.com', 'ADA@example.com', ' ada@EXAMPLE.com', 'Ada@example\u3002com']
    const answers: TestAnswer[] = []
    for (let attempt = 0; attempt < 12; attempt++) {
      const browser = test.browser()
      const started = await start(browser, spellings[attempt % 4])
      const right = await test.codeFor(ada)
      for (const code of wrongCodes(right, 5)) answers.push(await test.proveCode(browser, started, code))
    }
    expect(statuses(answers)).toEqual({ 401: 30, 429: 30 })
  })

  it('never exceeds the ceiling in any window, whatever the times, with rights and refunds in between', async () => {
    const ceiling = { limit: 4, windowMs: hourMs }
    const moves = fc.array(fc.record({ waitMs: fc.nat(30 * minuteMs), right: fc.boolean() }), {
      minLength: 10,
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(moves, async (steps) => {
        const test = createTestAuth({
          limits: { codePerAccount: ceiling, mailPerAddress: { limit: 1_000, windowMs: dayMs } },
        })
        await test.signUp(ada)
        const failures: number[] = []
        for (const { waitMs, right } of steps) {
          await test.clock.advance(waitMs)
          const stranger = test.browser()
          const started = await start(stranger)
          const code = await test.codeFor(ada)
          const answer = await test.proveCode(stranger, started, right ? code : (wrongCodes(code, 1)[0] ?? ''))
          const now = test.clock.now()
          const recent = failures.filter((at) => at > now - ceiling.windowMs).length
          expect(answer.status).toBe(recent >= ceiling.limit ? 429 : right ? 200 : 401)
          if (answer.status === 401) failures.push(now)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('does not lock the owner out on a known device, though strangers used up codes and mails of the account', async () => {
    const test = await createPeople()
    const owner = test.browser()
    await test.signIn(owner, ada)
    for (let attempt = 0; attempt < 6; attempt++) {
      await test.clock.advance(hourMs)
      const stranger = test.browser()
      const started = await start(stranger)
      for (const code of wrongCodes(await test.codeFor(ada), 5)) await test.proveCode(stranger, started, code)
    }
    for (let mail = 0; mail < 10; mail++) await start(test.browser())

    const newcomer = await start(test.browser())
    expect(newcomer.status).toBe(429)
    expect(Number(newcomer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(newcomer.headers.get('retry-after'))).toBeLessThanOrEqual(3_600)

    const started = await start(owner)
    const sent = await owner.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
    expect(sent.body).toEqual({ status: 'sent' })
    expect(isSignedIn(await test.proveCode(owner, started, await test.codeFor(ada)))).toBe(true)
  })

  it('does not lock a native client out either, which sends its device in the body', async () => {
    const test = await createPeople()
    const first = await test.browser().post('/sign-in/email-code', { email: ada, mode: 'token' })
    const known = await test.proveCode(test.browser(), first, await test.codeFor(ada))
    const device = known.body['device']
    for (let attempt = 0; attempt < 6; attempt++) {
      await test.clock.advance(hourMs)
      const stranger = test.browser()
      const started = await start(stranger)
      for (const code of wrongCodes(await test.codeFor(ada), 5)) await test.proveCode(stranger, started, code)
    }
    for (let mail = 0; mail < 10; mail++) await start(test.browser())

    const client = test.browser()
    const asked = { email: ada, mode: 'token' }
    expect((await client.post('/sign-in/email-code', asked)).status).toBe(429)
    const started = await client.post('/sign-in/email-code', { ...asked, device })
    const { attempt } = started.body
    expect((await client.post('/sign-in/factor/email-code/resend', { attempt })).status).toBe(429)
    expect((await client.post('/sign-in/factor/email-code/resend', { attempt, device })).status).toBe(200)
    const code = await test.codeFor(ada)
    expect((await client.post('/sign-in/factor/email-code', { attempt, code })).status).toBe(429)
    const finished = await client.post('/sign-in/factor/email-code', { attempt, code, device })
    expect(finished.body).toMatchObject({ status: 'signed_in' })
    expect(finished.body).not.toHaveProperty('device')
  })

  it('takes nothing from anybody with handles that were made up, borrowed or changed', async () => {
    const test = await createPeople({ limits: { codePerAccount: { limit: 1, windowMs: hourMs } } })
    const [mine, theirs] = [test.browser(), test.browser()]
    const started = await start(mine)
    const [id = '', secret = '', account = ''] = String(started.body['attempt']).split('.')
    const [otherId, otherSecret, otherAccount] = String((await start(theirs, bob)).body['attempt']).split('.')
    const forged = [
      `${otherId}.${secret}.${account}`,
      `${id}.${otherSecret}.${account}`,
      `${id}.${secret}.${otherAccount}`,
      `${otherId}.${otherSecret}.${account}`,
    ]
    const before = test.mailbox.list().length
    for (const attempt of forged) {
      for (const browser of [mine, theirs]) {
        const guessed = await browser.post('/sign-in/factor/email-code', { attempt, code: '123456' })
        const resent = await browser.post('/sign-in/factor/email-code/resend', { attempt })
        expect([guessed.body['code'], resent.body['code']]).toEqual(['attempt_over', 'attempt_over'])
      }
    }
    await test.auth.drainOutbox()
    expect(test.mailbox.list().length - before).toBe(2)
    expect(isSignedIn(await test.proveCode(mine, started, await test.codeFor(ada)))).toBe(true)
  })
})
