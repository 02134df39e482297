import { noContext } from '../core/request-context.ts'
import { brand } from '../platform/brand.ts'
import type { DeviceId } from '../session/device.ts'
import type { Session, SessionMode } from '../session/session.ts'
import { completeSignIn } from '../sign-in/complete-sign-in.ts'
import type { Store } from '../store/store.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { newUser } from '../user/new-user.ts'
import type { User } from '../user/user.ts'
import type { TestAnswer, TestBrowser } from './test-browser.ts'
import { testPassword, type TestAuth } from './test-auth.ts'
import type { TestCore } from './test-core.ts'

/** A person with a proved address, straight into the store. */
export async function aTestUser(core: TestCore, fields: Partial<User> = {}): Promise<User> {
  const email = parseEmailAddress(`user-${core.random.integer(2 ** 40)}@example.com`)
  if (email === undefined) throw new TypeError('a test address is an address')
  const user = { ...newUser(core, { email, name: null, locale: null, roles: [], verified: true }), ...fields }
  await core.store.commit([{ kind: 'createUser', user }], core.clock.now())
  return user
}

/** A session of the user through the one door, with the secrets that its owner holds. */
export async function aTestSession(
  core: TestCore,
  user: User,
  mode: SessionMode = 'cookie',
): Promise<{ readonly session: Session; readonly sessionToken: string; readonly refreshToken: string }> {
  const at = core.clock.now()
  const opened = await completeSignIn(core, noContext, {
    user,
    credentials: [],
    proofs: [{ method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at }],
    writes: [],
    epoch: user.epoch,
    mode,
    device: brand<DeviceId>(core.ids.next()),
    occasion: 'sign-in',
  })
  if (!opened.ok || opened.status !== 'signed_in') throw new TypeError('the session was not opened')
  const { session, secrets } = opened
  return {
    session,
    sessionToken: secrets.mode === 'cookie' ? secrets.sessionToken : '',
    refreshToken: secrets.mode === 'token' ? secrets.refreshToken : '',
  }
}

export interface TestTokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresIn: number
}

export function tokensIn(answer: TestAnswer): TestTokens {
  const { tokens } = answer.body as { readonly tokens?: TestTokens }
  if (tokens === undefined) throw new TypeError(`no tokens in ${answer.status} ${answer.text}`)
  return tokens
}

export function bearer(accessToken: string): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` }
}

/** A person who registers with a native client: tokens in the body, no cookie. */
export async function signUpWithTokens(
  test: TestAuth,
  email: string,
): Promise<{ readonly client: TestBrowser; readonly tokens: TestTokens; readonly answer: TestAnswer }> {
  const client = test.browser()
  const started = await client.post('/sign-up', { email, password: testPassword, mode: 'token' })
  const answer = await client.post('/sign-in/factor/email-code', {
    attempt: started.body['attempt'],
    code: await test.codeFor(email),
  })
  return { client, tokens: tokensIn(answer), answer }
}

/** The person signs in in another browser, code included when one is asked for. */
export async function signInAgain(
  test: TestAuth,
  email: string,
  browser: TestBrowser = test.browser(),
): Promise<TestBrowser> {
  const answer = await browser.post('/sign-in/password', { email, password: testPassword })
  if (answer.body['status'] === 'needs_factor') {
    await browser.post('/sign-in/factor/email-code', {
      attempt: answer.body['attempt'],
      code: await test.codeFor(email),
    })
  }
  return browser
}

/** The same store, counting what is asked of it. */
export function countingStore<Counted extends Store>(
  store: Counted,
): { readonly store: Counted; readonly calls: Map<string, number> } {
  const calls = new Map<string, number>()
  const counted = new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...args: readonly unknown[]): unknown => {
        calls.set(String(name), (calls.get(String(name)) ?? 0) + 1)
        return Reflect.apply(member, target, args)
      }
    },
  })
  return { store: counted, calls }
}
