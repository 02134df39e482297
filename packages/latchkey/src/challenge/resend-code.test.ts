import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const email = 'ada@example.com'

const resend = (browser: TestBrowser, { body }: TestAnswer): Promise<TestAnswer> =>
  browser.post('/sign-in/factor/email-code/resend', { attempt: body['attempt'] })

async function mailsTo(test: TestAuth, to = email): Promise<number> {
  await test.auth.drainOutbox()
  return test.mailbox.list().filter((mail) => mail.to === to).length
}

describe('sending a code again', () => {
  it('answers a double click twice with yes and sends one mail', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword })
    const before = await mailsTo(test)
    const answers = await Promise.all([resend(browser, started), resend(browser, started)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect((await mailsTo(test)) - before).toBe(1)
    expect((await test.proveCode(browser, started, await test.codeFor(email))).body).toMatchObject({
      status: 'signed_in',
    })
  })

  it('kills the code before it, and only that', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword })
    const first = await test.codeFor(email)
    await resend(browser, started)
    const second = await test.codeFor(email)
    expect((await test.proveCode(browser, started, first)).body).toMatchObject({ code: 'wrong_code' })
    expect((await test.proveCode(browser, started, second)).status).toBe(200)
  })

  it('mails no code that could not be used: after the last attempt, the end, the use', async () => {
    const test = createTestAuth({ code: { maxAttempts: 1 } })
    await test.signUp(email)
    const ended: readonly ((browser: TestBrowser, started: TestAnswer) => Promise<unknown>)[] = [
      async (browser, started) =>
        test.proveCode(browser, started, (await test.codeFor(email)) === '000000' ? '000001' : '000000'),
      async (browser, started) => test.proveCode(browser, started, await test.codeFor(email)),
      () => test.clock.advance(30 * minuteMs),
    ]
    for (const end of ended) {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      const cookies = new Map(browser.cookies)
      await end(browser, started)
      for (const [name, value] of cookies) browser.cookies.set(name, value)
      const before = await mailsTo(test)
      expect((await resend(browser, started)).body).toMatchObject({ code: 'attempt_over' })
      expect(await mailsTo(test)).toBe(before)
    }
  })

  it('ends with the mails of the address, with 429, and says when there will be one again', async () => {
    const test = createTestAuth({ limits: { mailPerAddress: { limit: 3, windowMs: hourMs } } })
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword })
    const statuses = []
    for (let send = 0; send < 4; send++) statuses.push((await resend(browser, started)).status)
    expect(statuses).toEqual([200, 200, 429, 429])
    expect((await resend(browser, started)).headers.get('retry-after')).toBe('3600')
    expect(await mailsTo(test)).toBe(3)
  })

  it('writes in the language of the person', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email, password: testPassword, locale: 'de' })
    await resend(browser, started)
    await test.proveCode(browser, started, await test.codeFor(email))
    const next = await browser.post('/sign-in/email-code', { email })
    await resend(browser, next)
    const { items } = await test.storage.listMessages({ limit: 10 })
    expect(items.map(({ locale }) => locale)).toEqual(['de', 'de', 'de', 'de'])
  })
})
