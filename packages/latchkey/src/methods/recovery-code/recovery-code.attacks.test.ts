import { describe, expect, it } from 'vitest'
import { dayMs } from '../../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { enrolTestTotp, type TestAuthenticator } from '../../testing/test-totp.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { totp } from '../totp/index.ts'
import { recoveryCode } from './index.ts'

const ada = 'ada@example.com'
const bob = 'bob@example.com'

interface Person {
  readonly browser: TestBrowser
  readonly app: TestAuthenticator
}

async function withPeople(
  options: TestAuthOptions = {},
): Promise<{ readonly test: TestAuth; readonly owner: Person; readonly other: Person }> {
  const test = createTestAuth({ methods: [password(), emailCode(), totp(), recoveryCode()], ...options })
  const enrol = async (email: string): Promise<Person> => {
    const browser = await test.signUp(email)
    return { browser, app: await enrolTestTotp(test, browser) }
  }
  return { test, owner: await enrol(ada), other: await enrol(bob) }
}

const begin = (test: TestAuth, email = ada): Promise<TestAnswer> =>
  test.browser().post('/sign-in/password', { email, password: testPassword, mode: 'token' })

const spend = (test: TestAuth, attempt: TestAnswer | undefined, code = ''): Promise<TestAnswer> =>
  test.browser().post('/sign-in/factor/recovery-code', { attempt: attempt?.body['attempt'], code })

const isSignedIn = (answer: TestAnswer): boolean => answer.body['status'] === 'signed_in'

const leftOf = async ({ browser }: Person): Promise<unknown> =>
  (await browser.get('/account/factors')).body['recoveryCodes']

describe('a recovery code is good once', () => {
  it('has one winner among 50 parallel callers over ten attempts, and one row goes', async () => {
    const { test, owner } = await withPeople({ limits: { factorPerAccount: { limit: 100, windowMs: dayMs } } })
    const attempts = await Promise.all(Array.from({ length: 10 }, () => begin(test)))
    const [code] = owner.app.recoveryCodes
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => spend(test, attempts[index % 10], code)))
    expect(answers.filter(isSignedIn)).toHaveLength(1)
    expect(await leftOf(owner)).toBe(9)
    expect((await test.events()).filter((event) => event === 'recovery_code.used')).toHaveLength(1)
  })

  it('opens an attempt once: two right codes in parallel spend one', async () => {
    const { test, owner } = await withPeople()
    const attempt = await begin(test)
    const answers = await Promise.all(owner.app.recoveryCodes.slice(0, 4).map((code) => spend(test, attempt, code)))
    expect([answers.filter(isSignedIn).length, await leftOf(owner)]).toEqual([1, 9])
  })

  it('is not spent by an attempt that is over, or whose account was signed out everywhere', async () => {
    const { test, owner } = await withPeople()
    const attempt = await begin(test)
    await owner.browser.delete('/sessions')
    expect((await spend(test, attempt, owner.app.recoveryCodes[0])).body).toMatchObject({ code: 'attempt_over' })
    expect(await leftOf(owner)).toBe(10)
  })

  it('is somebody’s own', async () => {
    const { test, owner, other } = await withPeople()
    expect((await spend(test, await begin(test), other.app.recoveryCodes[0])).body).toMatchObject({
      code: 'wrong_code',
    })
    expect(isSignedIn(await spend(test, await begin(test, bob), other.app.recoveryCodes[0]))).toBe(true)
    expect(await leftOf(owner)).toBe(10)
  })

  it('dies with the app, and does not come back with the next one', async () => {
    const { test, owner } = await withPeople()
    const old = owner.app.recoveryCodes
    expect((await owner.browser.delete('/totp')).status).toBe(204)
    const next = await enrolTestTotp(test, owner.browser)
    expect((await spend(test, await begin(test), old[0])).body).toMatchObject({ code: 'wrong_code' })
    expect(isSignedIn(await spend(test, await begin(test), next.recoveryCodes[0]))).toBe(true)
  })
})

describe('renewing recovery codes', () => {
  it('in parallel leaves one set', async () => {
    const { test, owner } = await withPeople()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.browser.post('/recovery-codes/regenerate')),
    )
    const sets = answers.filter(({ status }) => status === 200)
    expect([sets.length, answers.filter(({ status }) => status === 409).length, await leftOf(owner)]).toEqual([
      1, 9, 10,
    ])
    const [code] = sets.flatMap(({ body }) => body['recoveryCodes'] as readonly string[])
    expect(isSignedIn(await spend(test, await begin(test), code))).toBe(true)
  })

  it('while one is being spent leaves ten that are new, and the old one counts at most once', async () => {
    const { test, owner } = await withPeople()
    const attempt = await begin(test)
    const [code] = owner.app.recoveryCodes
    const [spent, renewed] = await Promise.all([
      spend(test, attempt, code),
      owner.browser.post('/recovery-codes/regenerate'),
    ])
    expect(await leftOf(owner)).toBe(renewed.status === 200 ? 10 : 9)
    expect((await spend(test, await begin(test), code)).body).toMatchObject({ code: 'wrong_code' })
    expect([200, 401]).toContain(spent.status)
  })

  it('is refused from another site', async () => {
    const { owner } = await withPeople()
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect((await owner.browser.post('/recovery-codes/regenerate', undefined, foreign)).body).toMatchObject({
      code: 'csrf',
    })
    expect(await leftOf(owner)).toBe(10)
  })
})

describe('guessing recovery codes', () => {
  it('ends after five an attempt and twenty a day, the right one among the rest', async () => {
    const { test, owner } = await withPeople()
    const answers: TestAnswer[] = []
    for (let round = 0; round < 4; round++) {
      const attempt = await begin(test)
      const guesses = Array.from({ length: 8 }, (_, index) => `aaaaa-aaaa${index}`)
      answers.push(...(await Promise.all(guesses.map((code) => spend(test, attempt, code)))))
    }
    expect(answers.filter(({ body }) => body['code'] === 'wrong_code')).toHaveLength(20)
    expect((await spend(test, await begin(test), owner.app.recoveryCodes[0])).status).toBe(429)
    expect(await leftOf(owner)).toBe(10)
  })

  it('learns nothing from attempts that never asked for one', async () => {
    const { test, owner } = await withPeople()
    const browser = test.browser()
    const [code] = owner.app.recoveryCodes
    const mailed = await browser.post('/sign-in/email-code', { email: ada, mode: 'token' })
    expect((await spend(test, mailed, code)).body).toMatchObject({ code: 'attempt_over' })
    const signUp = await browser.post('/sign-up', { email: 'new@example.com', password: testPassword, mode: 'token' })
    expect((await spend(test, signUp, code)).body).toMatchObject({ code: 'attempt_over' })
    expect(await leftOf(owner)).toBe(10)
  })
})

describe('recovery codes at rest', () => {
  it('are digests under the installation’s secret, bound to the person', async () => {
    const { test, owner } = await withPeople()
    const { id } = (await test.auth.users.findByEmail(ada)) ?? { id: '' }
    const rows = (await test.storage.findSubject(id as never))?.credentials ?? []
    const stored = JSON.stringify(rows)
    for (const code of owner.app.recoveryCodes) {
      expect(stored).not.toContain(code)
      expect(stored).not.toContain(code.replace('-', ''))
    }
    expect(rows.filter(({ method }) => method === 'recovery-code').every(({ secret }) => secret === null)).toBe(true)
  })
})
