import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { magicLink } from './index.ts'

const email = 'ada@example.com'
const methods = [password(), emailCode(), magicLink()]

async function createSetting(options: TestAuthOptions = {}): Promise<TestAuth> {
  const test = createTestAuth({ methods, ...options })
  await test.signUp(email)
  return test
}

const ask = (browser: TestBrowser, body: object = {}): Promise<TestAnswer> =>
  browser.post('/sign-in/magic-link', { email, ...body })

async function tokenFor(test: TestAuth): Promise<string> {
  const link = await test.linkFor(email)
  return link.slice(link.indexOf('#token=') + 7)
}

const finish = (browser: TestBrowser, token: string, body: object = {}): Promise<TestAnswer> =>
  browser.post('/sign-in/magic-link/finish', { token, ...body })

describe('sign-in with a mailed link', () => {
  it('needs the link alone in the browser that asked, and opens a session at the first level there', async () => {
    const test = await createSetting()
    const browser = test.browser()
    expect((await ask(browser)).body).toEqual({ status: 'sent' })
    const link = await test.linkFor(email)
    expect(link).toMatch(/^https:\/\/app\.example\.com\/magic-link#token=[\w.-]+$/)
    const finished = await finish(browser, await tokenFor(test))
    expect(finished.body).toMatchObject({ status: 'signed_in', session: { aal: 1, amr: ['otp'] } })
    expect(finished.body).not.toHaveProperty('redirectTo')
    expect((await browser.get('/session')).status).toBe(200)
    expect(browser.cookies.has('__Host-latchkey-device')).toBe(true)
    expect(browser.cookies.has('__Host-latchkey-attempt')).toBe(false)
  })

  it('asks for the code of the same mail in another browser, and opens the session in that one', async () => {
    const test = await createSetting()
    const [asking, reading] = [test.browser(), test.browser()]
    await ask(asking)
    const token = await tokenFor(test)
    expect((await finish(reading, token)).body).toMatchObject({ status: 409, code: 'code_required' })
    const finished = await finish(reading, token, { code: await test.codeFor(email) })
    expect(finished.body).toMatchObject({ status: 'signed_in' })
    expect((await reading.get('/session')).status).toBe(200)
    expect((await asking.get('/session')).status).toBe(401)
    expect((await finish(asking, token)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('leads to its page from the address of the contract, with the token behind #', async () => {
    const test = await createSetting({ pagesPath: '/account' })
    await ask(test.browser())
    const token = await tokenFor(test)
    for (const query of [`token=${token}`, `token=${token}&utm_source=mail`]) {
      const opened = await test.browser().get(`/sign-in/magic-link?${query}`)
      expect(opened.status).toBe(303)
      expect(opened.headers.get('location')).toBe(`https://app.example.com/account/magic-link#token=${token}`)
      expect([opened.headers.get('cache-control'), opened.headers.get('referrer-policy')]).toEqual([
        'no-store',
        'no-referrer',
      ])
    }
    expect(await test.linkFor(email)).toBe(`https://app.example.com/account/magic-link#token=${token}`)
  })

  it('tells where to go on, at the end and before a further factor', async () => {
    const test = await createSetting({ secondFactor: { policy: 'always' } })
    const browser = test.browser()
    await ask(browser, { redirectTo: '/orders?page=2' })
    const finished = await finish(browser, await tokenFor(test))
    expect(finished.body).toMatchObject({
      status: 'needs_factor',
      factors: ['password'],
      redirectTo: '/orders?page=2',
    })
    const { attempt } = finished.body
    expect((await browser.post('/sign-in/factor/password', { attempt, password: testPassword })).body).toMatchObject({
      status: 'signed_in',
      session: { amr: ['otp', 'pwd'], aal: 1 },
    })
  })

  it('gives tokens in token mode, to whoever has link and code; the poster may want it otherwise', async () => {
    const test = await createSetting()
    const asked = await ask(test.browser(), { mode: 'token' })
    expect(asked.setCookies).toEqual([])
    const token = await tokenFor(test)
    expect((await finish(test.browser(), token)).body).toMatchObject({ code: 'code_required' })
    const finished = await finish(test.browser(), token, { code: await test.codeFor(email) })
    expect(finished.body).toMatchObject({ status: 'signed_in', tokens: { tokenType: 'Bearer' } })
    expect(finished.setCookies).toEqual([])

    await ask(test.browser(), { mode: 'token' })
    const browser = test.browser()
    await finish(browser, await tokenFor(test), { code: await test.codeFor(email), mode: 'cookie' })
    expect((await browser.get('/session')).status).toBe(200)
  })

  it('is not there when it is not listed', async () => {
    const test = createTestAuth()
    for (const path of ['/sign-in/magic-link', '/sign-in/magic-link/finish'])
      expect((await test.browser().post(path, { email, token: 'x' })).status).toBe(404)
    expect((await test.browser().get('/sign-in/magic-link?token=x')).status).toBe(404)
    expect((await test.browser().get('/config')).text).not.toContain('magic-link')
  })

  it('lives as long as it was told, and says so in the mail', async () => {
    const test = await createSetting({ methods: [password(), emailCode(), magicLink({ ttlMs: 10 * minuteMs })] })
    const at = test.clock.now()
    const browser = test.browser()
    await ask(browser)
    const token = await tokenFor(test)
    expect(test.mailbox.latest(email)?.text).toContain('10 minutes')
    test.clock.set(at + 10 * minuteMs - 1)
    expect((await finish(test.browser(), token)).body).toMatchObject({ code: 'code_required' })
    test.clock.set(at + 10 * minuteMs)
    expect((await finish(browser, token)).body).toMatchObject({ code: 'attempt_over' })
    expect((await test.browser().get('/config')).text).toContain('"magic-link":{"ttlSeconds":600}')
  })

  it('refuses a life that is no number of milliseconds between a minute and an hour', () => {
    for (const ttlMs of [0, 59_999, hourMs + 1, 1.5, Number.NaN])
      expect(() => magicLink({ ttlMs })).toThrow('ttlMs must be between a minute and an hour')
  })
})

/** What a person or an attacker does, and what stands in the audit log afterwards. */
const outcomes: readonly {
  readonly outcome: string
  readonly limits?: TestAuthOptions['limits']
  readonly play: (test: TestAuth) => Promise<unknown>
  readonly events: readonly string[]
}[] = [
  {
    outcome: 'signed in where it was asked for',
    async play(test) {
      const browser = test.browser()
      await ask(browser)
      await finish(browser, await tokenFor(test))
    },
    events: ['login.link_requested', 'login.success'],
  },
  {
    outcome: 'opened elsewhere: no code, a wrong one, the right one, once more',
    async play(test) {
      const browser = test.browser()
      await ask(test.browser())
      const token = await tokenFor(test)
      const code = await test.codeFor(email)
      for (const given of [undefined, code === '000000' ? '000001' : '000000', code, code])
        await finish(browser, token, given === undefined ? {} : { code: given })
    },
    events: [
      'login.link_requested',
      'login.failure code_required',
      'login.failure wrong_code',
      'login.success',
      'login.failure spent',
    ],
  },
  {
    outcome: 'out of tries',
    async play(test) {
      await ask(test.browser())
      const token = await tokenFor(test)
      const wrong = (await test.codeFor(email)) === '000000' ? '000001' : '000000'
      for (let guess = 0; guess < 6; guess++) await finish(test.browser(), token, { code: wrong })
    },
    events: [
      'login.link_requested',
      ...Array.from({ length: 5 }, () => 'login.failure wrong_code'),
      'login.failure no_attempts_left',
    ],
  },
  {
    outcome: 'expired',
    async play(test) {
      const browser = test.browser()
      await ask(browser)
      const token = await tokenFor(test)
      await test.clock.advance(15 * minuteMs)
      await finish(browser, token)
    },
    events: ['login.link_requested', 'login.failure expired'],
  },
  {
    outcome: 'a token that nobody issued',
    play: (test) => finish(test.browser(), 'made.up.token'),
    events: ['login.failure unknown'],
  },
  {
    outcome: 'over the limit',
    limits: { linkPerAddress: { limit: 1, windowMs: hourMs } },
    async play(test) {
      for (let times = 0; times < 2; times++) await ask(test.browser())
    },
    events: ['login.link_requested', 'login.limited over_limit'],
  },
]

describe('the audit log of mailed links', () => {
  it('has the events of every outcome, no more and no fewer', async () => {
    for (const { outcome, limits = {}, play, events } of outcomes) {
      const test = await createSetting({ limits })
      const before = (await test.events()).length
      await play(test)
      expect([outcome, (await test.events()).slice(before)]).toEqual([outcome, events])
    }
  })

  it('holds neither token nor code nor address in clear', async () => {
    const test = await createSetting()
    await ask(test.browser())
    const [token, code] = [await tokenFor(test), await test.codeFor(email)]
    await finish(test.browser(), token, { code })
    const log = JSON.stringify(await test.storage.listEvents({ limit: 200 }))
    for (const secret of [code, token.split('.')[1] ?? '?', email]) expect(log).not.toContain(secret)
  })
})
