import { expect, it } from 'vitest'
import { defaultSettings } from '../core/settings.ts'
import { dayMs } from '../platform/clock.ts'
import { everyMethod } from '../testing/every-method.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer } from '../testing/test-browser.ts'
import { bearer, tokensIn } from '../testing/test-session.ts'
import { enrolTestTotp, totpCodeFor } from '../testing/test-totp.ts'

const generous = Object.fromEntries(
  Object.keys(defaultSettings.limits).map((name) => [name, { limit: 1_000, windowMs: dayMs }]),
)

/** A code that is alive, and the place that waits for it. */
interface Waiting {
  readonly code: string
  redeem(code: string): Promise<TestAnswer>
}

interface Person {
  readonly email: string
  readonly headers: Readonly<Record<string, string>>
}

let people = 0

/** Somebody new, signed in by tokens: a code of one person must not be right for another by chance of sharing anything. */
async function person(
  test: TestAuth,
  { password = testPassword }: { readonly password?: string | null } = {},
): Promise<Person> {
  const email = `person${people++}@example.com`
  const started = await test
    .browser()
    .post('/sign-up', { email, mode: 'token', ...(password === null ? {} : { password }) })
  const finished = await test.proveCode(test.browser(), started, await test.codeFor(email))
  return { email, headers: bearer(tokensIn(finished).accessToken) }
}

async function pendingSecondFactor(test: TestAuth, email: string): Promise<unknown> {
  const body = { email, password: testPassword, mode: 'token' }
  return (await test.browser().post('/sign-in/password', body)).body['attempt']
}

/** Every kind of code that is typed somewhere. */
const kinds: Readonly<Record<string, (test: TestAuth) => Promise<Waiting>>> = {
  async 'sign-in'(test) {
    const { email } = await person(test)
    const started = await test.browser().post('/sign-in/email-code', { email, mode: 'token' })
    return { code: await test.codeFor(email), redeem: (code) => test.proveCode(test.browser(), started, code) }
  },
  async 'sign-up'(test) {
    const email = `person${people++}@example.com`
    const started = await test.browser().post('/sign-up', { email, password: testPassword, mode: 'token' })
    return { code: await test.codeFor(email), redeem: (code) => test.proveCode(test.browser(), started, code) }
  },
  async 'step-up'(test) {
    const { email, headers } = await person(test, { password: null })
    const { attempt } = (await test.browser().post('/session/step-up', undefined, headers)).body
    return {
      code: await test.codeFor(email),
      redeem: (code) => test.browser().post('/sign-in/factor/email-code', { attempt, code }, headers),
    }
  },
  async 'magic-link'(test) {
    const { email } = await person(test)
    await test.browser().post('/sign-in/magic-link', { email, mode: 'token' })
    const link = await test.linkFor(email)
    const token = link.slice(link.indexOf('#token=') + 7)
    return {
      code: await test.codeFor(email),
      redeem: (code) => test.browser().post('/sign-in/magic-link/finish', { token, code }),
    }
  },
  async 'password-reset'(test) {
    const { email } = await person(test)
    const { attempt } = (await test.browser().post('/password/reset-request', { email, mode: 'token' })).body
    const password = 'an entirely different phrase'
    return {
      code: await test.codeFor(email),
      redeem: (code) => test.browser().post('/password/reset', { attempt, code, password }),
    }
  },
  async 'email-change'(test) {
    const { headers } = await person(test)
    const email = `person${people++}@new.example.com`
    const { attempt } = (await test.browser().post('/email/change', { email }, headers)).body
    return {
      code: await test.codeFor(email),
      redeem: (code) => test.browser().post('/email/change/confirm', { attempt, code }, headers),
    }
  },
  async 'totp-enrolment'(test) {
    const { headers } = await person(test)
    const { factorId, secret } = (await test.browser().post('/totp/enrol', undefined, headers)).body
    return {
      code: totpCodeFor(String(secret), test.clock),
      redeem: (code) => test.browser().post('/totp/confirm', { factorId, code }, headers),
    }
  },
  async totp(test) {
    const { email, headers } = await person(test)
    const { secret } = await enrolTestTotp(test, test.browser(), headers)
    await test.clock.advance(30_000)
    const attempt = await pendingSecondFactor(test, email)
    return {
      code: totpCodeFor(secret, test.clock),
      redeem: (code) => test.browser().post('/sign-in/factor/totp', { attempt, code }),
    }
  },
  async 'recovery-code'(test) {
    const { email, headers } = await person(test)
    const { recoveryCodes } = await enrolTestTotp(test, test.browser(), headers)
    const attempt = await pendingSecondFactor(test, email)
    return {
      code: recoveryCodes[0] ?? '',
      redeem: (code) => test.browser().post('/sign-in/factor/recovery-code', { attempt, code }),
    }
  },
}

it('opens what it was mailed or shown for, and nothing else, whosever it is', async () => {
  const test = createTestAuth({ methods: everyMethod(), limits: generous, code: { maxAttempts: 10 } })
  const waiting = new Map<string, Waiting>()
  for (const [kind, make] of Object.entries(kinds)) waiting.set(kind, await make(test))
  const opened: string[] = []
  for (const [place, { redeem }] of waiting) {
    for (const [kind, { code }] of waiting) {
      if (kind === place) continue
      const answer = await redeem(code)
      if (answer.body['code'] !== 'wrong_code') opened.push(`${kind} at ${place}: ${answer.status} ${answer.text}`)
    }
  }
  expect(opened).toEqual([])
  for (const [kind, { code, redeem }] of waiting)
    expect([kind, (await redeem(code)).status < 300]).toEqual([kind, true])
})
