import type * as Argon2 from '@node-rs/argon2'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hourMs } from '../platform/clock.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { costOf, observeStorage } from '../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const hashed: string[] = []

// The binding does the real work; its calls are written down with their costs.
vi.mock('@node-rs/argon2', async (importOriginal) => {
  const argon2 = await importOriginal<typeof Argon2>()
  return {
    ...argon2,
    hash: (...input: Parameters<typeof argon2.hash>) => {
      const { memoryCost, timeCost, parallelism } = input[1] ?? {}
      hashed.push(`hash m=${memoryCost},t=${timeCost},p=${parallelism}`)
      return argon2.hash(...input)
    },
    verify: (...input: Parameters<typeof argon2.verify>) => {
      hashed.push(`verify ${String(input[0]).split('$')[3]}`)
      return argon2.verify(...input)
    },
  }
})

afterEach(() => void hashed.splice(0))

const known = 'ada@example.com'
const unknown = 'bob@example.com'
const blocked = 'eve@example.com'
const addresses = [known, unknown, blocked]

interface Setting {
  readonly test: TestAuth
  readonly observed: ReturnType<typeof observeStorage>
}

/** One person who is known, one who is blocked, and nobody else. Their own mails are hours ago: they had the budgets that strangers have. */
async function createSetting(): Promise<Setting> {
  const clock = createFakeClock()
  const observed = observeStorage(createMemoryStorage({ clock }))
  const test = createTestAuth({ clock, storage: observed.storage })
  await test.signUp(known)
  await test.signUp(blocked)
  const user = await test.auth.users.findByEmail(blocked)
  await test.auth.users.block(user?.id ?? '')
  test.mailbox.clear()
  await clock.advance(2 * hourMs)
  return { test, observed }
}

type Ask = (browser: TestBrowser, email: string, test: TestAuth) => Promise<TestAnswer>

const wrongCode = async (
  browser: TestBrowser,
  started: TestAnswer,
  test: TestAuth,
  email: string,
): Promise<TestAnswer> => {
  const right = await test.codeFor(email)
  return test.proveCode(browser, started, right === '000000' ? '000001' : '000000')
}

/** Everything that anybody may ask about an address. */
const asks: { readonly [name: string]: Ask } = {
  'sign-in with a password': (browser, email) => browser.post('/sign-in/password', { email, password: 'wrong horse' }),
  'sign-in with a password in token mode': (browser, email) =>
    browser.post('/sign-in/password', { email, password: 'wrong horse', mode: 'token' }),
  'sign-up': (browser, email) => browser.post('/sign-up', { email, password: testPassword, name: 'Somebody' }),
  'sign-up without a password': (browser, email) => browser.post('/sign-up', { email }),
  'sign-up with a bad password': (browser, email) => browser.post('/sign-up', { email, password: 'password1' }),
  'reset request': (browser, email) => browser.post('/password/reset-request', { email }),
  'reset request in token mode': (browser, email) => browser.post('/password/reset-request', { email, mode: 'token' }),
  'reset request and a wrong code': async (browser, email, test) => {
    const { attempt } = (await browser.post('/password/reset-request', { email })).body
    const code = (await test.codeFor(email)) === '000000' ? '000001' : '000000'
    return browser.post('/password/reset', { attempt, code, password: testPassword })
  },
  'code request': (browser, email) => browser.post('/sign-in/email-code', { email }),
  'code request in token mode': (browser, email) => browser.post('/sign-in/email-code', { email, mode: 'token' }),
  'code request and a wrong code': async (browser, email, test) =>
    wrongCode(browser, await browser.post('/sign-in/email-code', { email }), test, email),
  'code request and a password in place of the code': async (browser, email) => {
    const started = await browser.post('/sign-in/email-code', { email })
    return browser.post('/sign-in/factor/password', { attempt: started.body['attempt'], password: 'wrong horse' })
  },
  'code request and the code once more': async (browser, email) => {
    const started = await browser.post('/sign-in/email-code', { email })
    return browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
  },
  'sign-up and a wrong code': async (browser, email, test) =>
    wrongCode(browser, await browser.post('/sign-up', { email, password: testPassword }), test, email),
  'sign-up and the code once more': async (browser, email) => {
    const started = await browser.post('/sign-up', { email, password: testPassword })
    return browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
  },
}

/** What is seen from outside, with secrets replaced by their lengths. */
function shapeOf(answer: TestAnswer, email: string): unknown {
  const { attempt, sentTo, ...rest } = answer.body
  const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie' && name !== 'x-request-id')
  return {
    status: answer.status,
    headers,
    cookies: answer.setCookies.map((line) => line.replace(/=([^;]*)/, (_, value: string) => `=${value.length}`)),
    body: {
      ...rest,
      ...(typeof attempt === 'string' ? { attempt: attempt.split('.').map((part) => part.length) } : {}),
      ...(typeof sentTo === 'string' ? { sentTo: sentTo.replace(email.slice(0, 1), '?') } : {}),
    },
  }
}

/** Runs a question about each address in a fresh setting, so that none stands in the other's budget. */
async function compare(
  look: (setting: Setting, ask: Ask, email: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const different: string[] = []
  for (const [name, ask] of Object.entries(asks)) {
    const seen: string[] = []
    for (const email of addresses) seen.push(JSON.stringify(await look(await createSetting(), ask, email)))
    if (new Set(seen).size > 1) different.push(`${name}:\n  ${seen.join('\n  ')}`)
  }
  return different
}

describe('known, unknown and blocked addresses cannot be told apart', () => {
  it('by the answer: status, headers, body and cookies', async () => {
    const different = await compare(async ({ test }, ask, email) =>
      shapeOf(await ask(test.browser(), email, test), email),
    )
    expect(different).toEqual([])
  }, 60_000)

  it('by the answer at a limit, Retry-After included', async () => {
    const different = await compare(async ({ test }, ask, email) => {
      const answers: unknown[] = []
      for (let times = 0; times < 12; times++) {
        await test.clock.advance(1_234)
        const { status, headers, text } = await ask(test.browser(), email, test)
        answers.push([status, headers.get('retry-after'), status === 429 ? text : ''])
      }
      return answers
    })
    expect(different).toEqual([])
  }, 120_000)

  it('by the mail: each request that is granted sends one, to the address that was given', async () => {
    const sending = ['sign-up', 'reset request', 'code request'] as const
    for (const name of sending) {
      for (const email of addresses) {
        const { test } = await createSetting()
        await asks[name]?.(test.browser(), email, test)
        await test.auth.drainOutbox()
        expect(test.mailbox.list().map(({ to }) => to)).toEqual([email])
      }
    }
  })

  it('by the work before the answer: statements, writes, and hashes with their parameters', async () => {
    const different = await compare(async ({ test, observed }, ask, email) => {
      observed.forget()
      hashed.splice(0)
      await ask(test.browser(), email, test)
      const drained = new Set(['dueMessages'])
      const calls = observed.calls.filter(
        (call) =>
          !(call.kind === 'query' && drained.has(call.name)) &&
          !(
            call.kind === 'commit' &&
            call.writes.every(({ kind }) => kind === 'leaseMessage' || kind === 'settleMessage')
          ),
      )
      return [costOf(calls), [...hashed]]
    })
    expect(different).toEqual([])
  }, 60_000)
})
