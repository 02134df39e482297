import { brand, type Brand } from '../platform/brand.ts'
import { isId } from '../platform/ids.ts'
import type { UserId } from '../user/user.ts'

export type ChallengeId = Brand<string, 'ChallengeId'>

export function parseChallengeId(text: string): ChallengeId | undefined {
  return isId(text) ? brand<ChallengeId>(text) : undefined
}

/** Part of every digest and seal of a challenge, so that no token passes for another (design rule 3). */
export type ChallengePurpose =
  | 'sign-in'
  | 'sign-up'
  | 'password-reset'
  | 'password-reset-code'
  | 'email-verify'
  | 'admin-link'
  | 'magic-link'
  | 'step-up'
  | 'totp-enrolment'
  | 'passkey-registration'
  | 'passkey-sign-in'
  | 'passkey-sign-up'
  | 'oauth-state'
  | 'oauth-ticket'
  | 'oauth-link'
  | 'email-change'
  | 'email-change-undo'
  | 'factors-reset'

/**
 * A single-use secret awaiting its answer. The holder presents `<id>.<secret>` (the handle) and, where one was sent, a short code.
 * A pending sign-in, a registration and a reset are all challenges.
 */
export interface Challenge {
  readonly id: ChallengeId
  readonly purpose: ChallengePurpose
  /** The user it is about; `null` for registrations and for rows that stand for unknown addresses. */
  readonly userId: UserId | null
  /** Keyed digest of the handle's secret. */
  readonly handleDigest: string
  /** Keyed digest of the cookie of the browser that began it; `null` in token mode. */
  readonly bindingDigest: string | null
  /** Keyed digest of the code that was mailed last; `null` while none is expected. */
  readonly codeDigest: string | null
  readonly codeExpiresAt: number | null
  /** How often a code was mailed for it. */
  readonly sends: number
  /** Attempts charged so far. A new code resets nothing. */
  readonly attempts: number
  readonly maxAttempts: number
  /** Raised by each guarded change of the row. */
  readonly version: number
  /** JSON sealed with the key ring. */
  readonly data: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly consumedAt: number | null
}
