import { expect, it } from 'vitest'
import { dayMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestBrowser } from '../testing/test-browser.ts'

const ada = 'ada@example.com'
const plenty = { limit: 1_000, windowMs: dayMs }

function createSetting(): TestAuth {
  const limits = { mailPerAddress: plenty, mailPerNetwork: plenty, codePerAccount: plenty, passwordPerAccount: plenty }
  const generous = { ...limits, passwordPerNetwork: plenty, codePerNetwork: plenty, resetPerAddress: plenty }
  return createTestAuth({
    development: true,
    publicUrl: 'http://localhost:4000',
    limits: { ...generous, signUpPerNetwork: plenty },
    code: { maxAttempts: 10 },
  })
}

interface People {
  readonly test: TestAuth
  /** A signed-in browser. */
  readonly ada: TestBrowser
  browser(): TestBrowser
}

/** One secret of every kind, alive. */
async function mintEach({ test, ada: signedIn, browser }: People): Promise<Readonly<Record<string, string>>> {
  const attempt = async (path: string, body: unknown): Promise<string> =>
    String((await browser().post(path, body)).body['attempt'])
  const mode = 'token'
  const asked = await browser().post('/sign-in/password', { email: ada, password: testPassword, mode })
  const signedInByToken = await test.proveCode(browser(), asked, await test.codeFor(ada))
  const { accessToken, refreshToken } = signedInByToken.body['tokens'] as Record<string, string>
  const bound = browser()
  await bound.post('/sign-in/email-code', { email: ada })
  await browser().post('/password/reset-request', { email: ada })
  const afterHash = (link: string): string => link.slice(link.indexOf('#token=') + 7)
  return {
    'sign-in handle': await attempt('/sign-in/email-code', { email: ada, mode }),
    'sign-up handle': await attempt('/sign-up', { email: 'new@example.com', password: testPassword, mode }),
    'email-verify handle': String((await signedIn.post('/email/verify-request')).body['attempt']),
    'reset token': afterHash(await test.linkFor(ada)),
    'administrator link': afterHash(await test.auth.issueAdminLink()),
    'session cookie': signedIn.cookies.get('latchkey') ?? '',
    'device cookie': signedIn.cookies.get('latchkey-device') ?? '',
    'binding cookie': bound.cookies.get('latchkey-attempt') ?? '',
    'access token': accessToken ?? '',
    'refresh token': refreshToken ?? '',
  }
}

/**
 * Every place that takes a secret, asked by the browser whose cookie the bound ones have, so that only the purpose is in the way.
 * True: it was taken for what this place takes; nothing is spent by asking.
 */
function redeemers({ ada: signedIn, browser }: People): Readonly<Record<string, (secret: string) => Promise<boolean>>> {
  const presenting = (name: string, value: string, of = browser()): TestBrowser => {
    of.cookies.set(name, value)
    return of
  }
  return {
    'POST /sign-in/factor/email-code': async (attempt) => {
      const { body } = await signedIn.post('/sign-in/factor/email-code', { attempt, code: 'wrong' })
      return body['code'] === 'wrong_code'
    },
    'POST /sign-in/factor/email-code/resend': async (attempt) =>
      (await signedIn.post('/sign-in/factor/email-code/resend', { attempt })).status === 200,
    'POST /sign-in/factor/password': async (attempt) => {
      const { body } = await signedIn.post('/sign-in/factor/password', { attempt, password: 'a wrong horse' })
      return body['code'] === 'invalid_credentials'
    },
    'POST /email/verify': async (attempt) =>
      (await signedIn.post('/email/verify', { attempt, code: 'wrong' })).body['code'] === 'wrong_code',
    'POST /password/reset': async (token) =>
      (await browser().post('/password/reset', { token, password: 'short' })).body['code'] === 'password_rejected',
    'POST /admin-link/claim': async (token) => {
      const { body } = await browser().post('/admin-link/claim', {
        token,
        email: 'root@example.com',
        password: 'short',
      })
      return body['code'] === 'password_rejected'
    },
    'the session cookie': async (secret) => (await presenting('latchkey', secret).get('/session')).status === 200,
    'the Authorization header': async (token) =>
      (await browser().get('/session', { authorization: `Bearer ${token}` })).status === 200,
    'the device cookie': async (secret) => {
      const body = { email: ada, password: testPassword }
      return (
        (await presenting('latchkey-device', secret).post('/sign-in/password', body)).body['status'] === 'signed_in'
      )
    },
    'the binding cookie': async (secret) => {
      const of = browser()
      const { attempt } = (await of.post('/sign-in/email-code', { email: ada })).body
      const isOwn = secret === 'own'
      const thief = isOwn ? of : presenting('latchkey-attempt', secret, of)
      return (await thief.post('/sign-in/factor/email-code', { attempt, code: 'wrong' })).body['code'] === 'wrong_code'
    },
    'POST /session/refresh': async (refreshToken) =>
      (await browser().post('/session/refresh', { refreshToken })).status === 200,
  }
}

it('takes every secret in its own place and in no other', async () => {
  const test = createSetting()
  const browser = (): TestBrowser => test.browser({ remoteAddress: '127.0.0.1' })
  const signedIn = browser()
  const started = await signedIn.post('/sign-up', { email: ada, password: testPassword })
  await test.proveCode(signedIn, started, await test.codeFor(ada))
  const people: People = { test, ada: signedIn, browser }

  const taken: string[] = []
  const secrets = await mintEach(people)
  for (const [place, redeem] of Object.entries(redeemers(people))) {
    for (const [kind, secret] of Object.entries(secrets)) {
      expect([kind, secret.length > 40]).toEqual([kind, true])
      if (await redeem(secret)) taken.push(`${kind} → ${place}`)
    }
  }
  expect(taken).toEqual([
    'sign-in handle → POST /sign-in/factor/email-code',
    'sign-up handle → POST /sign-in/factor/email-code',
    'sign-in handle → POST /sign-in/factor/email-code/resend',
    'sign-up handle → POST /sign-in/factor/email-code/resend',
    'email-verify handle → POST /sign-in/factor/email-code/resend',
    'email-verify handle → POST /email/verify',
    'reset token → POST /password/reset',
    'administrator link → POST /admin-link/claim',
    'session cookie → the session cookie',
    'access token → the Authorization header',
    'device cookie → the device cookie',
    'refresh token → POST /session/refresh',
  ])
  // A binding belongs to its attempt: that of another one is none.
  expect(await redeemers(people)['the binding cookie']?.('own')).toBe(true)
})
