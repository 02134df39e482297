import type { PasskeyUsage } from '../credential/passkey-data.ts'
import type { SoftwareAuthenticator, Twist } from './software-authenticator.ts'
import type { TestAnswer, TestBrowser } from './test-browser.ts'

/** Registers a passkey for whoever is signed in in this browser. The last answer. */
export async function registerPasskey(
  browser: TestBrowser,
  authenticator: SoftwareAuthenticator,
  { twist, ...fields }: { readonly usage?: PasskeyUsage; readonly name?: string; readonly twist?: Twist } = {},
): Promise<TestAnswer> {
  const started = await browser.post('/passkeys/register/start')
  if (started.status !== 200) return started
  const response = authenticator.create(started.body['options'], twist)
  return browser.post('/passkeys/register/finish', { ticket: started.body['ticket'], response, ...fields })
}

/** A sign-in by passkey alone. */
export async function signInWithPasskey(
  browser: TestBrowser,
  authenticator: SoftwareAuthenticator,
  { twist, ...fields }: { readonly mode?: 'cookie' | 'token'; readonly twist?: Twist } = {},
): Promise<TestAnswer> {
  const started = await browser.post('/sign-in/passkey/start', fields)
  const response = authenticator.get(started.body['options'], twist)
  return browser.post('/sign-in/passkey/finish', { ticket: started.body['ticket'], response })
}

/** A passkey for a pending attempt. */
export async function provePasskey(
  browser: TestBrowser,
  attempt: unknown,
  authenticator: SoftwareAuthenticator,
  twist?: Twist,
): Promise<TestAnswer> {
  const started = await browser.post('/sign-in/factor/passkey/start', { attempt })
  if (started.status !== 200) return started
  const response = authenticator.get(started.body['options'], twist)
  return browser.post('/sign-in/factor/passkey/finish', { attempt, ticket: started.body['ticket'], response })
}
