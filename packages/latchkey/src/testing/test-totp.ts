import { totpCode } from '../methods/totp/one-time-password.ts'
import type { Clock } from '../platform/clock.ts'
import type { TestBrowser } from './test-browser.ts'

/**
 * What an authenticator app with this secret shows at the clock's time. Each step of 30 seconds passes once: let time pass between two codes.
 *
 * @example
 * const code = totpCodeFor(secret, test.clock)
 * await test.clock.advance(30_000)
 */
export function totpCodeFor(secret: string, clock: Pick<Clock, 'now'>): string {
  return totpCode(secret, clock.now())
}

export interface TestAuthenticator {
  /** Base 32. */
  readonly secret: string
  /** What the person was shown; empty without the method `recoveryCode()`, and where there were some already. */
  readonly recoveryCodes: readonly string[]
  /** A code that was not used yet: a step passes first. */
  nextCode(): Promise<string>
}

/**
 * Enrols an authenticator app in a signed-in browser whose session is fresh.
 *
 * @example
 * const test = createTestAuth({ methods: [password(), emailCode(), totp(), recoveryCode()] })
 * const app = await enrolTestTotp(test, await test.signUp('ada@example.com'))
 */
export async function enrolTestTotp(
  { clock }: { readonly clock: Clock & { advance(ms: number): Promise<void> } },
  browser: TestBrowser,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAuthenticator> {
  const enrolled = await browser.post('/totp/enrol', undefined, headers)
  const { factorId, secret } = enrolled.body as { readonly factorId?: string; readonly secret?: string }
  if (factorId === undefined || secret === undefined)
    throw new Error(`the enrolment failed: ${enrolled.status} ${enrolled.text}`)
  const confirmed = await browser.post('/totp/confirm', { factorId, code: totpCodeFor(secret, clock) }, headers)
  if (confirmed.status !== 200) throw new Error(`the enrolment failed: ${confirmed.status} ${confirmed.text}`)
  const { recoveryCodes } = confirmed.body as { readonly recoveryCodes: readonly string[] }
  return {
    secret,
    recoveryCodes,
    async nextCode() {
      await clock.advance(30_000)
      return totpCodeFor(secret, clock)
    },
  }
}
