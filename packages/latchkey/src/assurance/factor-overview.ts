import type { FactorName } from '../challenge/challenge-data.ts'
import type { Credential, CredentialMethod } from '../credential/credential.ts'
import { toIsoTimestamp } from '../platform/timestamp.ts'
import { enrolledFactors } from './factor-policy.ts'

/** What an account page shows: what is set up, without anything secret. */
export interface FactorOverview {
  readonly password: boolean
  /** Since when an authenticator app is enrolled, ISO 8601. */
  readonly totp: { readonly enrolledAt: string } | null
  readonly passkeys: number
  readonly identities: number
  /** How many recovery codes are left. */
  readonly recoveryCodes: number
  /** What a sign-in asks for beside the first proof; empty when nothing is enrolled. */
  readonly secondFactors: readonly FactorName[]
}

export function factorOverview(credentials: readonly Credential[]): FactorOverview {
  const confirmed = credentials.filter(({ confirmedAt }) => confirmedAt !== null)
  const count = (method: CredentialMethod): number =>
    confirmed.filter((credential) => credential.method === method).length
  const totp = confirmed.find(({ method }) => method === 'totp')
  return {
    password: count('password') > 0,
    totp: totp === undefined ? null : { enrolledAt: toIsoTimestamp(totp.confirmedAt ?? totp.createdAt) },
    passkeys: count('passkey'),
    identities: count('oauth'),
    recoveryCodes: count('recovery-code'),
    secondFactors: enrolledFactors(confirmed),
  }
}
