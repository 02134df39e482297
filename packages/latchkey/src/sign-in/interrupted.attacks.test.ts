import { describe, expect, it } from 'vitest'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { observeStorage } from '../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const email = 'ada@example.com'

type Interruption = (test: TestAuth, id: string, owner: TestBrowser) => Promise<unknown>

/** Everything that takes something away, by the owner or by an administrator. */
const interruptions: Readonly<Record<string, Interruption>> = {
  block: (test, id) => test.auth.users.block(id),
  'block and unblock': (test, id) => test.auth.users.block(id).then(() => test.auth.users.unblock(id)),
  'revoke all': (test, id) => test.auth.sessions.revokeAll(id),
  'sign out all others': (_, __, owner) => owner.delete('/sessions'),
  'change of the password': (_, __, owner) =>
    owner.post('/password/change', { currentPassword: testPassword, password: 'another phrase of mine' }),
  async reset(test) {
    await test.browser().post('/password/reset-request', { email })
    const link = await test.linkFor(email)
    const token = link.slice(link.indexOf('#token=') + 7)
    await test.browser().post('/password/reset', { token, password: 'another phrase of mine' })
  },
  deletion: (test, id) => test.auth.users.delete(id),
}

interface Setting {
  readonly test: TestAuth
  readonly owner: TestBrowser
  readonly id: string
  readonly interruptNextCommit: (interrupt: Interruption) => void
}

async function createSetting(options: Parameters<typeof createTestAuth>[0] = {}): Promise<Setting> {
  const clock = createFakeClock()
  const observed = observeStorage(createMemoryStorage({ clock }))
  const test = createTestAuth({ ...options, clock, storage: observed.storage })
  const owner = await test.signUp(email)
  const { id = '' } = (await test.auth.users.findByEmail(email)) ?? {}
  return {
    test,
    owner,
    id,
    interruptNextCommit: (interrupt) => observed.beforeNextCommit(() => interrupt(test, id, owner)),
  }
}

/** What opened a session although it should not have. */
async function survivors(
  attempt: (setting: Setting, interrupt: Interruption) => Promise<TestAnswer>,
  options?: Parameters<typeof createTestAuth>[0],
): Promise<readonly string[]> {
  const opened: string[] = []
  for (const [name, interrupt] of Object.entries(interruptions)) {
    const answer = await attempt(await createSetting(options), interrupt)
    if (answer.status !== 401) opened.push(`${name}: ${answer.status} ${answer.text}`)
  }
  return opened
}

describe('whatever ends the sessions of a person ends a sign-in under way', () => {
  it('between the password and the code', async () => {
    const opened = await survivors(async ({ test, owner, id }, interrupt) => {
      const browser = test.browser()
      const started = await browser.post('/sign-in/password', { email, password: testPassword })
      const code = await test.codeFor(email)
      await interrupt(test, id, owner)
      return test.proveCode(browser, started, code)
    })
    expect(opened).toEqual([])
  })

  it('between the request for a code and the code', async () => {
    const opened = await survivors(async ({ test, owner, id }, interrupt) => {
      const browser = test.browser()
      const started = await browser.post('/sign-in/email-code', { email })
      const code = await test.codeFor(email)
      await interrupt(test, id, owner)
      return test.proveCode(browser, started, code)
    })
    expect(opened).toEqual([])
  })

  it('between the code and the password, where the code came first', async () => {
    const opened = await survivors(
      async ({ test, owner, id }, interrupt) => {
        const browser = test.browser()
        const started = await browser.post('/sign-in/email-code', { email })
        const { attempt } = (await test.proveCode(browser, started, await test.codeFor(email))).body
        await interrupt(test, id, owner)
        return browser.post('/sign-in/factor/password', { attempt, password: testPassword })
      },
      { secondFactor: { policy: 'always' } },
    )
    expect(opened).toEqual([])
  })

  it('between reading and writing: after the right code, before the session is stored', async () => {
    const opened = await survivors(async ({ test, interruptNextCommit }, interrupt) => {
      const browser = test.browser()
      const started = await browser.post('/sign-in/password', { email, password: testPassword })
      const code = await test.codeFor(email)
      interruptNextCommit(interrupt)
      return test.proveCode(browser, started, code)
    })
    expect(opened).toEqual([])
  })

  it('between reading and writing: after the right password, before the session is stored', async () => {
    const opened = await survivors(
      async ({ test, interruptNextCommit }, interrupt) => {
        interruptNextCommit(interrupt)
        return test.browser().post('/sign-in/password', { email, password: testPassword })
      },
      { secondFactor: { newDeviceCode: false } },
    )
    expect(opened).toEqual([])
  })

  it('and an attempt that was stored just after it opens nothing', async () => {
    const opened = await survivors(async ({ test, interruptNextCommit }, interrupt) => {
      const browser = test.browser()
      interruptNextCommit(interrupt)
      const started = await browser.post('/sign-in/password', { email, password: testPassword })
      return test.proveCode(browser, started, await test.codeFor(email))
    })
    expect(opened).toEqual([])
  })
})

describe('a lost commit', () => {
  it('leaves the charges of the attempt taken and one event, and half of nothing', async () => {
    const { test, id, interruptNextCommit } = await createSetting({
      secondFactor: { newDeviceCode: false },
      limits: { passwordPerAccount: { limit: 1, windowMs: 900_000 } },
    })
    const before = (await test.events()).length
    interruptNextCommit((_, of) => test.auth.sessions.revokeAll(of))
    const browser = test.browser()
    const answer = await browser.post('/sign-in/password', { email, password: testPassword })
    expect(answer.body).toMatchObject({ code: 'attempt_over' })
    expect(answer.setCookies).toEqual([])
    expect(await test.auth.sessions.list(id)).toEqual([])
    expect((await test.events()).slice(before)).toEqual(['session.all_revoked', 'login.failure attempt_over'])
    expect((await browser.post('/sign-in/password', { email, password: testPassword })).status).toBe(429)
  })

  it('of a change of the password leaves the password, when its session was revoked meanwhile', async () => {
    const { test, owner, interruptNextCommit } = await createSetting({ secondFactor: { newDeviceCode: false } })
    interruptNextCommit((_, of) => test.auth.sessions.revokeAll(of))
    const changed = await owner.post('/password/change', {
      currentPassword: testPassword,
      password: 'another phrase of mine',
    })
    expect(changed.body).toMatchObject({ code: 'conflict' })
    expect((await test.signIn(test.browser(), email)).status).toBe(200)
  })

  it('of one of two proofs of an address leaves the other', async () => {
    const { test } = await createSetting()
    await test.auth.users.create({ email: 'bob@example.com', password: testPassword })
    const [one, two] = [test.browser(), test.browser()]
    const first = await one.post('/sign-in/email-code', { email: 'bob@example.com' })
    const codeOfFirst = await test.codeFor('bob@example.com')
    const second = await two.post('/sign-in/email-code', { email: 'bob@example.com' })
    const codeOfSecond = await test.codeFor('bob@example.com')
    const answers = await Promise.all([
      test.proveCode(one, first, codeOfFirst),
      test.proveCode(two, second, codeOfSecond),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
  })
})
