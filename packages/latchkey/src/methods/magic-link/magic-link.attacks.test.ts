import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../../platform/clock.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { costOf, observeStorage } from '../../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { magicLink } from './index.ts'

const ada = 'ada@example.com'
const bob = 'bob@example.com'
const eve = 'eve@example.com'
const methods = [password(), emailCode(), magicLink()]
const plenty = { limit: 1_000, windowMs: dayMs }

function createObserved(options: TestAuthOptions = {}): {
  readonly test: TestAuth
  readonly observed: ReturnType<typeof observeStorage>
} {
  const clock = createFakeClock()
  const observed = observeStorage(createMemoryStorage({ clock }))
  return { test: createTestAuth({ methods, ...options, clock, storage: observed.storage }), observed }
}

async function createPeople(options: TestAuthOptions = {}): Promise<TestAuth> {
  const { test } = createObserved(options)
  await test.signUp(ada)
  await test.signUp(bob)
  return test
}

const ask = (browser: TestBrowser, email = ada, body: object = {}): Promise<TestAnswer> =>
  browser.post('/sign-in/magic-link', { email, ...body })

async function tokenFor(test: TestAuth, email = ada): Promise<string> {
  const link = await test.linkFor(email)
  return link.slice(link.indexOf('#token=') + 7)
}

const finish = (browser: TestBrowser, token: string, code?: string): Promise<TestAnswer> =>
  browser.post('/sign-in/magic-link/finish', { token, ...(code === undefined ? {} : { code }) })

const isSignedIn = (answer: TestAnswer): boolean => answer.body['status'] === 'signed_in'
const wrongFor = (code: string): string => (code === '000000' ? '000001' : '000000')

describe('a mail scanner', () => {
  it('that follows and posts every link gets no session and burns nothing, how often it ever comes', async () => {
    const test = await createPeople()
    const person = test.browser()
    await ask(person)
    const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
    const scanner = test.browser()
    for (let visit = 0; visit < 40; visit++) {
      expect((await scanner.get(`/sign-in/magic-link?token=${token}`)).status).toBe(303)
      expect((await finish(scanner, token)).body).toMatchObject({ status: 409, code: 'code_required' })
    }
    expect(scanner.cookies.size).toBe(0)
    const elsewhere = test.browser()
    expect((await finish(elsewhere, token)).body).toMatchObject({ code: 'code_required' })
    expect(isSignedIn(await finish(elsewhere, token, code))).toBe(true)
  })

  it('changes nothing by GET or HEAD: not one statement', async () => {
    const { test, observed } = createObserved()
    await test.signUp(ada)
    await ask(test.browser())
    const token = await tokenFor(test)
    observed.forget()
    const request = { headers: { 'user-agent': 'scanner' } }
    for (const method of ['GET', 'HEAD']) {
      for (const query of ['', `?token=${token}`, '?token=made.up.token', '?token=%0d%0aset-cookie:%20a=b']) {
        const url = `https://app.example.com/auth/sign-in/magic-link${query}`
        const answer = await test.auth.handle(new Request(url, { ...request, method }), { remoteAddress: '192.0.2.1' })
        const isOurs = query.includes(token)
        expect(answer.headers.get('location')).toBe(
          `https://app.example.com/magic-link${isOurs ? `#token=${token}` : ''}`,
        )
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
    expect(observed.calls).toEqual([])
  })

  it('does not make the person wait: what it posts stands in no budget', async () => {
    const test = await createPeople({
      limits: { codePerAccount: { limit: 1, windowMs: dayMs }, codePerNetwork: { limit: 1, windowMs: dayMs } },
    })
    await ask(test.browser())
    const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
    const reading = test.browser()
    for (let visit = 0; visit < 10; visit++) await finish(reading, token)
    expect(isSignedIn(await finish(reading, token, code))).toBe(true)
  })
})

describe('a link is good once, for its person, where it may be used', () => {
  it('refuses the same link twice, with and without the code, in both browsers', async () => {
    const test = await createPeople()
    const browser = test.browser()
    await ask(browser)
    const binding = new Map(browser.cookies)
    const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
    expect(isSignedIn(await finish(browser, token))).toBe(true)
    for (const [name, value] of binding) browser.cookies.set(name, value)
    for (const again of [browser, test.browser()]) {
      expect((await finish(again, token)).body).toMatchObject({ status: 401, code: 'attempt_over' })
      expect((await finish(again, token, code)).body).toMatchObject({ status: 401, code: 'attempt_over' })
    }
  })

  it('has one winner among 50 parallel posts, with the cookie, with the code, and mixed', async () => {
    for (const posts of ['cookie', 'code', 'mixed']) {
      const test = await createPeople({ limits: { codePerAccount: plenty, codePerNetwork: plenty } })
      const here = test.browser()
      await ask(here)
      const binding = new Map(here.cookies)
      const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => {
          const browser = test.browser()
          const withCookie = posts === 'cookie' || (posts === 'mixed' && index % 2 === 0)
          if (withCookie) for (const [name, value] of binding) browser.cookies.set(name, value)
          return finish(browser, token, withCookie ? undefined : code)
        }),
      )
      expect([posts, answers.filter(isSignedIn).length]).toEqual([posts, 1])
      expect(answers.every(({ status }) => status === 200 || status === 401)).toBe(true)
    }
  })

  it('is ended by a newer one, of the same person alone', async () => {
    const test = await createPeople()
    const [first, second, other] = [test.browser(), test.browser(), test.browser()]
    await ask(first)
    const older = await tokenFor(test)
    const olderCode = await test.codeFor(ada)
    await ask(other, bob)
    await ask(second)
    expect((await finish(first, older)).body).toMatchObject({ code: 'attempt_over' })
    expect((await finish(test.browser(), older, olderCode)).body).toMatchObject({ code: 'attempt_over' })
    expect(isSignedIn(await finish(second, await tokenFor(test)))).toBe(true)
    expect(isSignedIn(await finish(other, await tokenFor(test, bob)))).toBe(true)
  })

  it('is over from the very millisecond of its end, and so is its code', async () => {
    const test = await createPeople()
    const at = test.clock.now()
    const browser = test.browser()
    await ask(browser)
    const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
    test.clock.set(at + 15 * minuteMs)
    expect((await finish(browser, token)).body).toMatchObject({ code: 'attempt_over' })
    expect((await finish(test.browser(), token, code)).body).toMatchObject({ code: 'attempt_over' })
    test.clock.set(at + 15 * minuteMs - 1)
    expect(isSignedIn(await finish(test.browser(), token, code))).toBe(true)
  })

  it('takes the cookie of the browser that asked and no other: not of another link, another attempt, another person', async () => {
    const test = await createPeople()
    await ask(test.browser())
    const token = await tokenFor(test)
    const [ofBob, ofCode, ofDevice] = [test.browser(), test.browser(), test.browser()]
    await ask(ofBob, bob)
    await ofCode.post('/sign-in/email-code', { email: ada })
    await test.signIn(ofDevice, ada)
    ofDevice.cookies.set('__Host-latchkey-attempt', ofDevice.cookies.get('__Host-latchkey-device') ?? '')
    for (const thief of [ofBob, ofCode, ofDevice])
      expect((await finish(thief, token)).body).toMatchObject({ code: 'code_required' })
  })

  it('refuses tokens that were made up, borrowed or changed, and takes nothing from anybody', async () => {
    const test = await createPeople()
    const [mine, theirs] = [test.browser(), test.browser()]
    await ask(mine)
    const token = await tokenFor(test)
    const [id = '', secret = '', account = ''] = token.split('.')
    await ask(theirs, bob)
    const [otherId, otherSecret, otherAccount] = (await tokenFor(test, bob)).split('.')
    const forged = [
      `${otherId}.${secret}.${account}`,
      `${id}.${otherSecret}.${account}`,
      `${id}.${secret}.${otherAccount}`,
      `${otherId}.${otherSecret}.${account}`,
      `${id}.${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}.${account}`,
      'x',
    ]
    const code = await test.codeFor(ada)
    for (const wrong of forged) {
      for (const browser of [mine, theirs]) {
        expect((await finish(browser, wrong)).body).toMatchObject({ code: 'attempt_over' })
        expect((await finish(browser, wrong, code)).body).toMatchObject({ code: 'attempt_over' })
      }
    }
    expect(isSignedIn(await finish(mine, token))).toBe(true)
  })
})

describe('the code of a link', () => {
  it('is worth nothing at any other attempt, nor is any other code at the link', async () => {
    const test = await createPeople()
    const browser = test.browser()
    await ask(test.browser())
    const [token, ofLink] = [await tokenFor(test), await test.codeFor(ada)]
    const started = await browser.post('/sign-in/email-code', { email: ada })
    const ofAttempt = await test.codeFor(ada)
    await ask(test.browser(), bob)
    const ofBob = await test.codeFor(bob)
    expect((await test.proveCode(browser, started, ofLink)).body).toMatchObject({ code: 'wrong_code' })
    for (const code of [ofAttempt, ofBob])
      expect((await finish(browser, token, code)).body).toMatchObject({ code: 'wrong_code' })
    expect((await test.proveCode(browser, { ...started, body: { attempt: token } }, ofLink)).body).toMatchObject({
      code: 'attempt_over',
    })
    expect((await browser.post('/sign-in/factor/email-code/resend', { attempt: token })).body).toMatchObject({
      code: 'attempt_over',
    })
    expect(isSignedIn(await finish(test.browser(), token, ofLink))).toBe(true)
  })

  it('is guessed five times a link, in parallel too; the browser that asked still gets in', async () => {
    const test = await createPeople()
    const here = test.browser()
    await ask(here)
    const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
    const wrong = wrongFor(code)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => finish(test.browser(), token, index === 19 ? code : wrong)),
    )
    expect(answers.filter(({ body }) => body['code'] === 'wrong_code')).toHaveLength(5)
    expect(answers.filter(isSignedIn)).toHaveLength(0)
    expect((await finish(test.browser(), token, code)).body).toMatchObject({ code: 'attempt_over' })
    expect((await finish(test.browser(), token)).body).toMatchObject({ code: 'attempt_over' })
    expect(isSignedIn(await finish(here, token))).toBe(true)
  })

  it('shares the ceiling of wrong codes with all other codes of the account', async () => {
    const test = await createPeople({ limits: { linkPerAddress: plenty, mailPerAddress: plenty } })
    const answers: TestAnswer[] = []
    for (let link = 0; link < 8; link++) {
      await ask(test.browser())
      const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
      for (let guess = 0; guess < 5; guess++) answers.push(await finish(test.browser(), token, wrongFor(code)))
    }
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(30)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
    const started = await test.browser().post('/sign-in/email-code', { email: ada, mode: 'token' })
    expect((await test.proveCode(test.browser(), started, '000000')).status).toBe(429)
  })
})

describe('links and redirects', () => {
  it('come from configuration alone, whatever Host and forwarding headers say', async () => {
    const test = await createPeople()
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
    }
    await test.browser().post('/sign-in/magic-link', { email: ada }, headers)
    expect(await test.linkFor(ada)).toMatch(/^https:\/\/app\.example\.com\/magic-link#/)
    const opened = await test.browser().get(`/sign-in/magic-link?token=${await tokenFor(test)}`, headers)
    expect(opened.headers.get('location')).toMatch(/^https:\/\/app\.example\.com\/magic-link#/)
  })

  it('lead back to paths of our own and allowed origins, and nowhere else', async () => {
    const test = await createPeople({
      redirectOrigins: ['https://shop.example.com'],
      limits: { linkPerAddress: plenty },
    })
    for (const redirectTo of ['//evil.example', 'https://evil.example', 'javascript:alert(1)', '/\\evil.example', '']) {
      const asked = await ask(test.browser(), ada, { redirectTo })
      expect(asked.body).toMatchObject({ status: 422, fields: { redirectTo: 'invalid' } })
    }
    for (const redirectTo of ['/orders', 'https://shop.example.com/cart']) {
      const browser = test.browser()
      await ask(browser, ada, { redirectTo })
      expect((await finish(browser, await tokenFor(test))).body).toMatchObject({ status: 'signed_in', redirectTo })
    }
  })
})

describe('known, unknown and blocked addresses', () => {
  const addresses = [ada, 'nobody@example.com', eve]

  async function createSetting(): Promise<ReturnType<typeof createObserved>> {
    const { test, observed } = createObserved()
    await test.signUp(ada)
    await test.signUp(eve)
    await test.auth.users.block((await test.auth.users.findByEmail(eve))?.id ?? '')
    await test.clock.advance(2 * hourMs)
    await test.auth.drainOutbox()
    test.mailbox.clear()
    observed.forget()
    return { test, observed }
  }

  it('cannot be told apart by answer, cookies, statements or the number of mails, in both modes', async () => {
    for (const mode of ['cookie', 'token']) {
      const seen: unknown[] = []
      for (const email of addresses) {
        const { test, observed } = await createSetting()
        const asked = await ask(test.browser(), email, { mode })
        const cookies = asked.setCookies.map((line) =>
          line.replace(/=([^;]*)/, (_, value: string) => `=${value.length}`),
        )
        const headers = [...asked.headers].filter(([name]) => name !== 'set-cookie' && name !== 'x-request-id')
        const cost = costOf(observed.calls)
        await test.auth.drainOutbox()
        const mails = test.mailbox.list().map(({ to }) => to === email)
        seen.push(JSON.stringify([asked.status, headers, asked.text, cookies, cost, mails]))
      }
      expect([mode, new Set(seen).size]).toEqual([mode, 1])
    }
  })

  it('reach the same ceilings at the same time: 5 an hour an address, 20 a network, in any window', async () => {
    for (const email of addresses) {
      const { test } = await createSetting()
      const statuses: number[] = []
      for (let asked = 0; asked < 7; asked++) {
        await test.clock.advance(10 * minuteMs)
        statuses.push((await ask(test.browser(), email)).status)
      }
      expect([email, statuses]).toEqual([email, [200, 200, 200, 200, 200, 429, 200]])
    }
    const test = await createPeople()
    const office = test.browser()
    const statuses: number[] = []
    for (let asked = 0; asked < 22; asked++) statuses.push((await ask(office, `p${asked}@example.com`)).status)
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 200), 429, 429])
  })

  it('have ceilings that 50 parallel requests do not pass', async () => {
    const test = await createPeople()
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(test.browser())))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  })

  it('get a mail without any link or code where there is no sign-in to be had', async () => {
    const { test } = await createSetting()
    for (const email of addresses.slice(1)) {
      await ask(test.browser(), email)
      await test.auth.drainOutbox()
      const mail = test.mailbox.latest(email)
      expect(mail?.text).not.toContain('#token=')
      expect(mail?.code).toBeUndefined()
    }
  })
})

describe('what was mailed before something was taken away', () => {
  const takers: Readonly<Record<string, (test: TestAuth, owner: TestBrowser, id: string) => Promise<unknown>>> = {
    block: (test, _, id) => test.auth.users.block(id),
    'block and unblock': (test, _, id) => test.auth.users.block(id).then(() => test.auth.users.unblock(id)),
    'revoke all': (test, _, id) => test.auth.sessions.revokeAll(id),
    'sign out all others': (_, owner) => owner.delete('/sessions'),
    'change of the password': (_, owner) =>
      owner.post('/password/change', { currentPassword: testPassword, password: 'another phrase of mine' }),
    deletion: (test, _, id) => test.auth.users.delete(id),
  }

  it('opens nothing any more, before and during', async () => {
    const opened: string[] = []
    for (const [name, take] of Object.entries(takers)) {
      for (const when of ['before', 'during']) {
        const { test, observed } = createObserved()
        const owner = await test.signUp(ada)
        const { id = '' } = (await test.auth.users.findByEmail(ada)) ?? {}
        const browser = test.browser()
        await ask(browser)
        const [token, code] = [await tokenFor(test), await test.codeFor(ada)]
        if (when === 'before') await take(test, owner, id)
        else observed.beforeNextCommit(() => take(test, owner, id))
        const answers = [await finish(browser, token), await finish(test.browser(), token, code)]
        if (answers.some(({ status }) => status !== 401)) opened.push(`${name} ${when}`)
      }
    }
    expect(opened).toEqual([])
  })

  it('drops what a stranger bound to an address that was never proved', async () => {
    const test = createTestAuth({ methods })
    await test.auth.users.create({ email: ada, password: 'chosen by an attacker' })
    const browser = test.browser()
    await ask(browser)
    const finished = await finish(browser, await tokenFor(test))
    expect(finished.body).toMatchObject({ status: 'signed_in', user: { emailVerified: true } })
    const tried = await test.browser().post('/sign-in/password', { email: ada, password: 'chosen by an attacker' })
    expect(tried.body).toMatchObject({ code: 'invalid_credentials' })
  })
})
