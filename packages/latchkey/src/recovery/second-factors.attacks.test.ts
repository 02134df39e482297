import { describe, expect, it } from 'vitest'
import { everyMethod } from '../testing/every-method.ts'
import { createSoftwareAuthenticator } from '../testing/software-authenticator.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { provePasskey, registerPasskey, signInWithPasskey } from '../testing/test-passkey.ts'
import { enrolTestTotp } from '../testing/test-totp.ts'

const email = 'ada@example.com'
const moved = 'ada@new.example.com'
const next = 'an entirely different phrase'

const tokenOf = (link: string): string => link.slice(link.indexOf('#token=') + 7)

interface Enrolled {
  /** What is asked for afterwards. */
  readonly factors: readonly string[]
  /** Finishes a pending attempt. */
  prove(browser: TestBrowser, attempt: unknown): Promise<TestAnswer>
}

/** Each kind of second factor, enrolled by its owner. */
const kinds: Readonly<Record<string, (test: TestAuth, owner: TestBrowser) => Promise<Enrolled>>> = {
  async 'an authenticator app'(test, owner) {
    const app = await enrolTestTotp(test, owner)
    return {
      factors: ['recovery_code', 'totp'],
      prove: async (browser, attempt) => browser.post('/sign-in/factor/totp', { attempt, code: await app.nextCode() }),
    }
  },
  async 'a recovery code in its place'(test, owner) {
    const { recoveryCodes } = await enrolTestTotp(test, owner)
    let used = 0
    return {
      factors: ['recovery_code', 'totp'],
      prove: (browser, attempt) =>
        browser.post('/sign-in/factor/recovery-code', { attempt, code: recoveryCodes[used++] }),
    }
  },
  async 'a passkey'(_, owner) {
    const authenticator = createSoftwareAuthenticator({ origin: 'https://app.example.com' })
    const registered = await registerPasskey(owner, authenticator)
    if (registered.status !== 200) throw new Error(registered.text)
    return {
      factors: ['passkey', 'recovery_code'],
      prove: (browser, attempt) => provePasskey(browser, attempt, authenticator),
    }
  },
}

/** Each way back into an account. */
const recoveries: Readonly<Record<string, (test: TestAuth, owner: TestBrowser, of: Enrolled) => Promise<TestAnswer>>> =
  {
    async 'reset by link'(test) {
      await test.browser().post('/password/reset-request', { email })
      return test.browser().post('/password/reset', { token: tokenOf(await test.linkFor(email)), password: next })
    },
    async 'reset by code'(test) {
      const browser = test.browser()
      const { attempt } = (await browser.post('/password/reset-request', { email })).body
      return browser.post('/password/reset', { attempt, code: await test.codeFor(email), password: next })
    },
    async 'undo of a change of address'(test, owner, enrolled) {
      // The change is sensitive: its owner proves the second factor first.
      const stepping = await owner.post('/session/step-up')
      await enrolled.prove(owner, stepping.body['attempt'])
      const { attempt } = (await owner.post('/email/change', { email: moved })).body
      await owner.post('/email/change/confirm', { attempt, code: await test.codeFor(moved) })
      return test.browser().post('/email/change/undo', { token: tokenOf(await test.linkFor(email)) })
    },
  }

const firstFactors: Readonly<
  Record<string, (test: TestAuth, browser: TestBrowser, password: string) => Promise<TestAnswer>>
> = {
  password: (_, browser, password) => browser.post('/sign-in/password', { email, password }),
  async 'mailed code'(test, browser) {
    return test.proveCode(browser, await browser.post('/sign-in/email-code', { email }), await test.codeFor(email))
  },
  async 'mailed link'(test, browser) {
    await browser.post('/sign-in/magic-link', { email })
    return browser.post('/sign-in/magic-link/finish', { token: tokenOf(await test.linkFor(email)) })
  },
}

describe('getting back into an account', () => {
  it('ends every session, signs nobody in, and leaves each second factor required on each way in', async () => {
    for (const [kind, enrol] of Object.entries(kinds)) {
      for (const [recovery, recover] of Object.entries(recoveries)) {
        const test = createTestAuth({ methods: everyMethod() })
        const owner = await test.signUp(email)
        const enrolled = await enrol(test, owner)
        const recovered = await recover(test, owner, enrolled)
        const name = `${kind}, ${recovery}`
        expect([name, recovered.status, recovered.text]).toEqual([name, 204, ''])
        expect(recovered.setCookies.filter((line) => !/max-age=0/i.test(line))).toEqual([])
        expect([name, (await owner.get('/session')).status]).toEqual([name, 401])

        const chosen = recovery.startsWith('reset') ? next : testPassword
        for (const [first, signIn] of Object.entries(firstFactors)) {
          const browser = test.browser()
          const asked = await signIn(test, browser, chosen)
          const { status, factors, attempt } = asked.body
          expect([name, first, status, [...((factors as string[] | undefined) ?? [])].toSorted(byName)]).toEqual([
            name,
            first,
            'needs_factor',
            enrolled.factors,
          ])
          expect((await browser.get('/session')).status).toBe(401)
          const finished = await enrolled.prove(browser, attempt)
          expect([name, first, finished.body['status']]).toEqual([name, first, 'signed_in'])
        }
      }
    }
  }, 60_000)

  it('does not give the second factor up to a mailed code in its place', async () => {
    const test = createTestAuth({ methods: everyMethod() })
    const owner = await test.signUp(email)
    await enrolTestTotp(test, owner)
    await recoveries['reset by code']?.(test, owner, { factors: [], prove: () => Promise.reject(new Error('unused')) })
    const browser = test.browser()
    const asked = await browser.post('/sign-in/password', { email, password: next })
    const { attempt } = asked.body
    for (const [path, body] of [
      ['/sign-in/factor/email-code', { attempt, code: '000000' }],
      ['/sign-in/factor/email-code/resend', { attempt }],
      ['/sign-in/factor/password', { attempt, password: next }],
    ] as const)
      expect([path, (await browser.post(path, body)).status]).toEqual([path, 401])
  })

  it('leaves the passkeys that open an account by themselves as they were', async () => {
    const test = createTestAuth({ methods: everyMethod() })
    const owner = await test.signUp(email)
    const authenticator = createSoftwareAuthenticator({ origin: 'https://app.example.com' })
    await registerPasskey(owner, authenticator, { usage: 'primary' })
    await recoveries['reset by link']?.(test, owner, { factors: [], prove: () => Promise.reject(new Error('unused')) })
    expect((await signInWithPasskey(test.browser(), authenticator)).body).toMatchObject({ status: 'signed_in' })
  })
})

function byName(a: string, b: string): number {
  return a < b ? -1 : 1
}
