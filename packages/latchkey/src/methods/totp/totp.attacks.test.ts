import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs, secondMs } from '../../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { enrolTestTotp, totpCodeFor, type TestAuthenticator } from '../../testing/test-totp.ts'
import { emailCode } from '../email-code/index.ts'
import { password } from '../password/index.ts'
import { recoveryCode } from '../recovery-code/index.ts'
import { totp } from './index.ts'

const ada = 'ada@example.com'
const bob = 'bob@example.com'
const methods = [password(), emailCode(), totp(), recoveryCode()]

interface Enrolled {
  readonly test: TestAuth
  readonly owner: TestBrowser
  readonly app: TestAuthenticator
}

async function enrolled(options: TestAuthOptions = {}): Promise<Enrolled> {
  const test = createTestAuth({ methods, ...options })
  const owner = await test.signUp(ada)
  return { test, owner, app: await enrolTestTotp(test, owner) }
}

const begin = (browser: TestBrowser, email = ada): Promise<TestAnswer> =>
  browser.post('/sign-in/password', { email, password: testPassword, mode: 'token' })

const prove = (browser: TestBrowser, attempt: TestAnswer, code: string): Promise<TestAnswer> =>
  browser.post('/sign-in/factor/totp', { attempt: attempt.body['attempt'], code })

const isSignedIn = (answer: TestAnswer): boolean => answer.body['status'] === 'signed_in'

const codesOf = (answers: readonly TestAnswer[]): Readonly<Record<string, number>> =>
  answers.reduce<Record<string, number>>((counts, { body }) => {
    const said = String(body['code'] ?? body['status'])
    return { ...counts, [said]: (counts[said] ?? 0) + 1 }
  }, {})

/** Codes of none of the steps around the clock's time. */
function wrongCodes({ test, app }: Enrolled, count: number): readonly string[] {
  const right = new Set(
    [-60, -30, 0, 30, 60].map((offset) => totpCodeFor(app.secret, { now: () => test.clock.now() + offset * secondMs })),
  )
  return Array.from({ length: count + 5 }, (_, index) => index.toString().padStart(6, '0'))
    .filter((code) => !right.has(code))
    .slice(0, count)
}

const failureMails = async ({ test }: Pick<Enrolled, 'test'>, email = ada): Promise<number> => {
  await test.auth.drainOutbox()
  return test.mailbox.list().filter(({ to, subject }) => to === email && subject.startsWith('Failed attempts')).length
}

describe('a code is good once', () => {
  it('refuses the code that confirmed the enrolment', async () => {
    const { test, app } = await enrolled()
    const browser = test.browser()
    const code = totpCodeFor(app.secret, test.clock)
    expect((await prove(browser, await begin(browser), code)).body).toMatchObject({ code: 'wrong_code' })
  })

  it('refuses the same code in a second attempt, in this step and in the trailing one', async () => {
    const { test, app } = await enrolled()
    const code = await app.nextCode()
    expect(isSignedIn(await prove(test.browser(), await begin(test.browser()), code))).toBe(true)
    for (const later of [0, 30 * secondMs]) {
      await test.clock.advance(later)
      const browser = test.browser()
      expect((await prove(browser, await begin(browser), code)).body).toMatchObject({ code: 'wrong_code' })
    }
  })

  it('refuses the code of the step before once a later one was used', async () => {
    const { test, app } = await enrolled()
    const earlier = await app.nextCode()
    const later = await app.nextCode()
    const browser = test.browser()
    expect(isSignedIn(await prove(browser, await begin(browser), later))).toBe(true)
    expect((await prove(browser, await begin(browser), earlier)).body).toMatchObject({ code: 'wrong_code' })
  })

  it('takes the code of the step before once, not twice', async () => {
    const { test, app } = await enrolled()
    const earlier = await app.nextCode()
    await test.clock.advance(30 * secondMs)
    const browser = test.browser()
    expect(isSignedIn(await prove(browser, await begin(browser), earlier))).toBe(true)
    expect((await prove(browser, await begin(browser), earlier)).body).toMatchObject({ code: 'wrong_code' })
    expect(isSignedIn(await prove(browser, await begin(browser), totpCodeFor(app.secret, test.clock)))).toBe(true)
  })

  it('has one winner among 50 parallel submissions over ten attempts', async () => {
    const { test, app } = await enrolled({ limits: { factorPerAccount: { limit: 100, windowMs: dayMs } } })
    const attempts = await Promise.all(Array.from({ length: 10 }, () => begin(test.browser())))
    const code = await app.nextCode()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => prove(test.browser(), attempts[index % 10] as TestAnswer, code)),
    )
    expect(answers.filter(isSignedIn)).toHaveLength(1)
    const events = await test.events()
    expect(events.filter((event) => event === 'login.success')).toHaveLength(2)
  })

  it('has one winner between a sign-in and a step-up', async () => {
    const { test, owner, app } = await enrolled()
    const [attempt, stepUp] = [await begin(test.browser()), await owner.post('/session/step-up')]
    const code = await app.nextCode()
    const answers = await Promise.all([prove(test.browser(), attempt, code), prove(owner, stepUp, code)])
    expect(answers.filter(isSignedIn)).toHaveLength(1)
  })

  it('refuses every spent step on a clock that was set back', async () => {
    const { test, app } = await enrolled()
    const at = test.clock.now()
    const code = await app.nextCode()
    const browser = test.browser()
    expect(isSignedIn(await prove(browser, await begin(browser), code))).toBe(true)
    for (const back of [0, minuteMs, hourMs]) {
      test.clock.set(at - back)
      const old = totpCodeFor(app.secret, test.clock)
      expect((await prove(browser, await begin(browser), old)).body).toMatchObject({ code: 'wrong_code' })
      expect((await prove(browser, await begin(browser), code)).body).toMatchObject({ code: 'wrong_code' })
    }
    test.clock.set(at + minuteMs)
    const next = totpCodeFor(app.secret, test.clock)
    expect(isSignedIn(await prove(browser, await begin(browser), next))).toBe(true)
  })

  it('is refused outside of one step around the time', async () => {
    const { test, app } = await enrolled()
    await test.clock.advance(hourMs)
    const browser = test.browser()
    for (const offset of [-60, 60]) {
      const code = totpCodeFor(app.secret, { now: () => test.clock.now() + offset * secondMs })
      expect((await prove(browser, await begin(browser), code)).body).toMatchObject({ code: 'wrong_code' })
    }
  })

  it('opens nobody else’s attempt', async () => {
    const { test, app } = await enrolled()
    const other = await enrolTestTotp(test, await test.signUp(bob))
    await test.clock.advance(30 * secondMs)
    const [ofAda, ofBob] = [totpCodeFor(app.secret, test.clock), totpCodeFor(other.secret, test.clock)]
    const browser = test.browser()
    expect((await prove(browser, await begin(browser), ofBob)).body).toMatchObject({ code: 'wrong_code' })
    expect((await prove(browser, await begin(browser, bob), ofAda)).body).toMatchObject({ code: 'wrong_code' })
    expect(isSignedIn(await prove(browser, await begin(browser), ofAda))).toBe(true)
  })

  it('of an app that was replaced or removed is worth nothing, raced or not', async () => {
    const { test, owner, app } = await enrolled()
    const pending = await begin(test.browser())
    await test.clock.advance(30 * secondMs)
    const { factorId, secret } = (await owner.post('/totp/enrol')).body
    const old = totpCodeFor(app.secret, test.clock)
    const [raced, confirmed] = await Promise.all([
      prove(test.browser(), pending, old),
      owner.post('/totp/confirm', { factorId, code: totpCodeFor(String(secret), test.clock) }),
    ])
    expect(confirmed.status).toBe(200)
    const { accessToken = 'none' } = (raced.body['tokens'] ?? {}) as { readonly accessToken?: string }
    expect((await test.browser().get('/session', { authorization: `Bearer ${accessToken}` })).status).toBe(401)
    const browser = test.browser()
    expect((await prove(browser, await begin(browser), await app.nextCode())).body).toMatchObject({
      code: 'wrong_code',
    })
    const late = await begin(browser)
    expect((await owner.delete('/totp')).status).toBe(204)
    await test.clock.advance(30 * secondMs)
    const code = totpCodeFor(String(secret), test.clock)
    expect((await prove(browser, late, code)).body).toMatchObject({ code: 'attempt_over' })
  })
})

describe('guessing codes of an app', () => {
  it('ends an attempt after five, in parallel too, with the right one among the rest', async () => {
    const all = await enrolled()
    const { test, app } = all
    const attempt = await begin(test.browser())
    const right = await app.nextCode()
    const guesses = [...wrongCodes(all, 20), right]
    const answers = await Promise.all(guesses.map((code) => prove(test.browser(), attempt, code)))
    expect(codesOf(answers)).toEqual({ wrong_code: 5, attempt_over: 16 })
    expect((await prove(test.browser(), attempt, right)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('stops at twenty a day for the account, over all attempts and networks, and a right code gives nothing back but its own', async () => {
    const all = await enrolled()
    const { test, app } = all
    const answers: TestAnswer[] = []
    const guess = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const attempt = await begin(test.browser())
        for (const code of wrongCodes(all, 4)) answers.push(await prove(test.browser(), attempt, code))
      }
    }
    await guess(3)
    expect(isSignedIn(await prove(test.browser(), await begin(test.browser()), await app.nextCode()))).toBe(true)
    await guess(3)
    expect(codesOf(answers)).toEqual({ wrong_code: 20, rate_limited: 4 })
    const refused = await prove(test.browser(), await begin(test.browser()), await app.nextCode())
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(23 * 3_600)
    await test.clock.advance(dayMs)
    expect(isSignedIn(await prove(test.browser(), await begin(test.browser()), await app.nextCode()))).toBe(true)
  })

  it('shares its budget with recovery codes, and has none in common with passwords or mailed codes', async () => {
    const all = await enrolled({ limits: { factorPerAccount: { limit: 3, windowMs: dayMs } } })
    const { test } = all
    const attempt = await begin(test.browser())
    const guess = (path: string, code: string): Promise<TestAnswer> =>
      test.browser().post(path, { attempt: attempt.body['attempt'], code })
    const [code = ''] = wrongCodes(all, 1)
    await guess('/sign-in/factor/totp', code)
    await guess('/sign-in/factor/recovery-code', 'aaaaa-aaaaa')
    await guess('/sign-in/factor/totp', code)
    expect((await guess('/sign-in/factor/recovery-code', 'aaaaa-aaaaa')).status).toBe(429)
    expect((await begin(test.browser())).body).toMatchObject({ status: 'needs_factor' })
    const browser = test.browser()
    const mailed = await browser.post('/sign-in/email-code', { email: ada })
    expect((await test.proveCode(browser, mailed, await test.codeFor(ada))).body).toMatchObject({
      status: 'needs_factor',
    })
  })

  it('does not lock the owner out on a known device', async () => {
    const all = await enrolled()
    const { test, app } = all
    const device = test.browser()
    const first = await device.post('/sign-in/password', { email: ada, password: testPassword })
    expect(isSignedIn(await prove(device, first, await app.nextCode()))).toBe(true)
    for (let round = 0; round < 4; round++) {
      const attempt = await begin(test.browser())
      for (const code of wrongCodes(all, 5)) await prove(test.browser(), attempt, code)
    }
    expect((await prove(test.browser(), await begin(test.browser()), await app.nextCode())).status).toBe(429)
    const again = await device.post('/sign-in/password', { email: ada, password: testPassword })
    expect(isSignedIn(await prove(device, again, await app.nextCode()))).toBe(true)
  })
})

describe('before a first proof', () => {
  it('nothing tells whether an app is enrolled', async () => {
    const { test } = await enrolled()
    await test.signUp(bob)
    const shapes: unknown[] = []
    for (const email of [ada, bob, 'nobody@example.com']) {
      const wrong = await test.browser().post('/sign-in/password', { email, password: 'a wrong horse' })
      const browser = test.browser()
      const mailed = await browser.post('/sign-in/email-code', { email, mode: 'token' })
      const proved = await prove(browser, mailed, '123456')
      const spent = await browser.post('/sign-in/factor/recovery-code', {
        attempt: mailed.body['attempt'],
        code: 'aaaaa-aaaaa',
      })
      shapes.push([wrong, mailed, proved, spent].map(({ status, body }) => [status, body['code'], body['factors']]))
    }
    expect(shapes[1]).toEqual(shapes[0])
    expect(shapes[2]).toEqual(shapes[0])
    expect(shapes[0]).toEqual([
      [401, 'invalid_credentials', undefined],
      [200, undefined, ['email_code']],
      [401, 'attempt_over', undefined],
      [401, 'attempt_over', undefined],
    ])
  })

  it('a right code opens nothing by itself', async () => {
    const { test, app } = await enrolled()
    const browser = test.browser()
    const mailed = await browser.post('/sign-in/email-code', { email: ada, mode: 'token' })
    expect((await prove(browser, mailed, await app.nextCode())).body).toMatchObject({ code: 'attempt_over' })
  })
})

describe('an enrolment', () => {
  const start = async (browser: TestBrowser): Promise<{ readonly factorId: string; readonly secret: string }> =>
    (await browser.post('/totp/enrol')).body as { readonly factorId: string; readonly secret: string }

  it('is finished by nobody else and in no other session, and is not spent by the try', async () => {
    const test = createTestAuth({ methods })
    const [owner, stranger, other] = [await test.signUp(ada), await test.signUp(bob), test.browser()]
    await test.signIn(other, ada)
    const { factorId, secret } = await start(owner)
    const code = totpCodeFor(secret, test.clock)
    for (const browser of [stranger, other])
      expect((await browser.post('/totp/confirm', { factorId, code })).body).toMatchObject({ code: 'attempt_over' })
    expect((await test.browser().post('/totp/confirm', { factorId, code })).status).toBe(401)
    expect((await owner.post('/totp/confirm', { factorId, code })).status).toBe(200)
  })

  it('has one winner among 50 parallel confirmations', async () => {
    const test = createTestAuth({ methods })
    const owner = await test.signUp(ada)
    const { factorId, secret } = await start(owner)
    const code = totpCodeFor(secret, test.clock)
    const cookies = new Map(owner.cookies)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => {
        const twin = test.browser()
        for (const [name, value] of cookies) twin.cookies.set(name, value)
        return twin.post('/totp/confirm', { factorId, code })
      }),
    )
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners.map(({ body }) => (body['recoveryCodes'] as readonly string[]).length)).toEqual([10])
    const { id } = (await test.auth.users.findByEmail(ada)) ?? { id: '' }
    const rows = (await test.storage.findSubject(id as never))?.credentials.map(({ method }) => method) ?? []
    expect(rows.toSorted()).toEqual(['password', ...Array.from({ length: 10 }, () => 'recovery-code'), 'totp'])
  })

  it('is over after five wrong codes, and touches no budget of the account', async () => {
    const test = createTestAuth({ methods, limits: { factorPerAccount: { limit: 1, windowMs: dayMs } } })
    const owner = await test.signUp(ada)
    const { factorId, secret } = await start(owner)
    for (let guess = 0; guess < 5; guess++)
      expect((await owner.post('/totp/confirm', { factorId, code: 'wrong' })).body).toMatchObject({
        code: 'wrong_code',
      })
    const code = totpCodeFor(secret, test.clock)
    expect((await owner.post('/totp/confirm', { factorId, code })).body).toMatchObject({ code: 'attempt_over' })
    const app = await enrolTestTotp(test, owner)
    expect(isSignedIn(await prove(test.browser(), await begin(test.browser()), await app.nextCode()))).toBe(true)
  })

  it('ends the one that was begun before', async () => {
    const test = createTestAuth({ methods })
    const owner = await test.signUp(ada)
    const [older, newer] = [await start(owner), await start(owner)]
    expect(older.secret).not.toBe(newer.secret)
    const confirm = (begun: typeof older, secret = begun.secret): Promise<TestAnswer> =>
      owner.post('/totp/confirm', { factorId: begun.factorId, code: totpCodeFor(secret, test.clock) })
    expect((await confirm(older)).body).toMatchObject({ code: 'attempt_over' })
    expect((await confirm(newer, older.secret)).body).toMatchObject({ code: 'wrong_code' })
    expect((await confirm(newer)).status).toBe(200)
    expect((await confirm(newer)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('expires to the millisecond, and does not outlive the end of all sessions', async () => {
    const test = createTestAuth({ methods })
    const owner = await test.signUp(ada)
    const at = test.clock.now()
    const late = await start(owner)
    test.clock.set(at + 30 * minuteMs)
    const code = totpCodeFor(late.secret, test.clock)
    expect((await owner.post('/totp/confirm', { factorId: late.factorId, code })).body).toMatchObject({
      code: 'attempt_over',
    })
    test.clock.set(at + 30 * minuteMs - 1)
    expect((await owner.post('/totp/confirm', { factorId: late.factorId, code })).status).toBe(200)

    const other = await test.signUp(bob)
    const cut = await start(other)
    expect((await other.delete('/sessions')).status).toBe(204)
    const cutCode = totpCodeFor(cut.secret, test.clock)
    expect((await other.post('/totp/confirm', { factorId: cut.factorId, code: cutCode })).body).toMatchObject({
      code: 'attempt_over',
    })
  })

  it('takes no handle of another purpose, and is none for another route', async () => {
    const { test, owner, app } = await enrolled()
    const stranger = test.browser()
    const [signIn, signUp] = [
      await begin(test.browser()),
      await stranger.post('/sign-up', { email: 'new@example.com', password: testPassword, mode: 'token' }),
    ]
    const code = await app.nextCode()
    for (const { body } of [signIn, signUp]) {
      const answer = await owner.post('/totp/confirm', { factorId: body['attempt'], code })
      expect(answer.body).toMatchObject({ code: 'attempt_over' })
    }
    expect((await prove(stranger, signUp, code)).body).toMatchObject({ code: 'attempt_over' })
    const { factorId, secret } = await start(owner)
    const own = totpCodeFor(secret, test.clock)
    for (const path of ['totp', 'email-code', 'recovery-code'])
      expect((await stranger.post(`/sign-in/factor/${path}`, { attempt: factorId, code: own })).status).toBe(401)
    expect((await stranger.post('/password/reset', { token: factorId, password: 'another long one' })).status).toBe(401)
    const [id = '', handle = '', account = ''] = factorId.split('.')
    for (const forged of [
      '',
      'x',
      `${id}.${handle}`,
      `${id}.${handle.slice(0, -1)}A.${account}`,
      `${id}.${account}.${handle}`,
    ])
      expect((await owner.post('/totp/confirm', { factorId: forged, code: own })).status).toBe(401)
    expect((await owner.post('/totp/confirm', { factorId, code: own })).status).toBe(200)
  })

  it('cannot be begun from another site, without a session, or with one that is stale', async () => {
    const test = createTestAuth({ methods })
    const owner = await test.signUp(ada)
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect((await owner.post('/totp/enrol', undefined, foreign)).body).toMatchObject({ code: 'csrf' })
    expect((await owner.delete('/totp', foreign)).body).toMatchObject({ code: 'csrf' })
    expect((await test.browser().post('/totp/enrol')).body).toMatchObject({ code: 'unauthenticated' })
    await test.clock.advance(15 * minuteMs)
    expect((await owner.post('/totp/enrol')).body).toMatchObject({ code: 'fresh_required' })
    expect((await owner.delete('/totp')).body).toMatchObject({ code: 'fresh_required' })
  })
})

describe('the owner is told of wrong second factors', () => {
  it('once an attempt, when its tries are used up, in parallel too', async () => {
    const all = await enrolled()
    const { test } = all
    const attempt = await begin(test.browser())
    for (const code of wrongCodes(all, 4)) await prove(test.browser(), attempt, code)
    expect(await failureMails(all)).toBe(0)
    await Promise.all(wrongCodes(all, 10).map((code) => prove(test.browser(), attempt, code)))
    expect(await failureMails(all)).toBe(1)
    const next = await begin(test.browser())
    await Promise.all(wrongCodes(all, 10).map((code) => prove(test.browser(), next, code)))
    expect(await failureMails(all)).toBe(2)
  })

  it('by mixed wrong factors, by wrong mailed codes after a right password, and in a step-up', async () => {
    const all = await enrolled()
    const { test, owner } = all
    const attempt = await begin(test.browser())
    const wrong = { attempt: attempt.body['attempt'], code: 'aaaaa-aaaaa' }
    for (const code of wrongCodes(all, 3)) await prove(test.browser(), attempt, code)
    for (let guess = 0; guess < 2; guess++) await test.browser().post('/sign-in/factor/recovery-code', wrong)
    expect(await failureMails(all)).toBe(1)

    const stepUp = await owner.post('/session/step-up')
    for (const code of wrongCodes(all, 5)) await prove(owner, stepUp, code)
    expect(await failureMails(all)).toBe(2)

    await test.signUp(bob)
    const onNewDevice = await begin(test.browser(), bob)
    expect(onNewDevice.body).toMatchObject({ factors: ['email_code'] })
    for (let guess = 0; guess < 5; guess++) await test.proveCode(test.browser(), onNewDevice, 'wrong')
    expect(await failureMails(all, bob)).toBe(1)
  })

  it('not of attempts that anybody can begin', async () => {
    const { test } = await enrolled()
    const browser = test.browser()
    const mailed = await browser.post('/sign-in/email-code', { email: ada })
    for (let guess = 0; guess < 6; guess++) await test.proveCode(browser, mailed, 'wrong')
    for (let guess = 0; guess < 11; guess++)
      await test.browser().post('/sign-in/password', { email: ada, password: 'a wrong horse' })
    expect(await failureMails({ test })).toBe(0)
  })

  it('within the mail budget of the address', async () => {
    const all = await enrolled({
      limits: { factorPerAccount: { limit: 100, windowMs: dayMs }, mailPerAddress: { limit: 3, windowMs: hourMs } },
    })
    const { test } = all
    for (let round = 0; round < 6; round++) {
      const attempt = await begin(test.browser())
      for (const code of wrongCodes(all, 5)) await prove(test.browser(), attempt, code)
    }
    // One of the three was the code of the registration.
    expect(await failureMails(all)).toBe(2)
  })
})

/** Each outcome, and what it leaves in the audit log behind what an enrolment with its sign-up wrote. */
const outcomes: readonly {
  readonly outcome: string
  readonly options?: TestAuthOptions
  play(all: Enrolled): Promise<unknown>
  readonly events: readonly string[]
}[] = [
  {
    outcome: 'right',
    play: async ({ test, app }) => prove(test.browser(), await begin(test.browser()), await app.nextCode()),
    events: ['login.factor_required', 'login.success'],
  },
  {
    outcome: 'wrong, then used twice',
    async play({ test, app }) {
      const attempt = await begin(test.browser())
      await prove(test.browser(), attempt, 'wrong')
      const code = await app.nextCode()
      await prove(test.browser(), attempt, code)
      await prove(test.browser(), attempt, code)
    },
    events: ['login.factor_required', 'login.failure wrong_code', 'login.success', 'login.failure attempt_over'],
  },
  {
    outcome: 'nobody asked for it',
    async play({ test }) {
      const mailed = await test.browser().post('/sign-in/email-code', { email: ada, mode: 'token' })
      await prove(test.browser(), mailed, '123456')
    },
    events: ['login.code_requested', 'login.failure factor_not_accepted'],
  },
  {
    outcome: 'over the limit',
    options: { limits: { factorPerAccount: { limit: 1, windowMs: dayMs } } },
    async play({ test }) {
      const attempt = await begin(test.browser())
      await prove(test.browser(), attempt, 'wrong')
      await prove(test.browser(), attempt, 'wrong')
    },
    events: ['login.factor_required', 'login.failure wrong_code', 'login.limited over_limit'],
  },
  {
    outcome: 'enrolment: wrong, over, replaced, removed',
    async play({ test, owner }) {
      const { factorId } = (await owner.post('/totp/enrol')).body
      await owner.post('/totp/confirm', { factorId, code: 'wrong' })
      await owner.post('/totp/confirm', { factorId: 'made up', code: 'wrong' })
      await test.clock.advance(30 * secondMs)
      await enrolTestTotp(test, owner)
      await owner.delete('/totp')
    },
    events: [
      'totp.enrolment_started',
      'totp.enrolment_failed wrong_code',
      'totp.enrolment_failed attempt_over',
      'totp.enrolment_started',
      'totp.enrolled',
      'totp.removed',
    ],
  },
  {
    outcome: 'step-up',
    play: async ({ owner, app }) => prove(owner, await owner.post('/session/step-up'), await app.nextCode()),
    events: ['session.step_up_started', 'session.stepped_up'],
  },
]

describe('the audit log of authenticator apps', () => {
  it('has the events of every outcome, no more and no fewer, and no secret', async () => {
    for (const { outcome, options = {}, play, events } of outcomes) {
      const all = await enrolled(options)
      const before = (await all.test.events()).length
      await play(all)
      expect([outcome, (await all.test.events()).slice(before)]).toEqual([outcome, events])
      const { items } = await all.test.storage.listEvents({ limit: 200 })
      expect(JSON.stringify(items)).not.toContain(all.app.secret)
    }
  })
})
