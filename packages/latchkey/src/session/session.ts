import { brand, type Brand } from '../platform/brand.ts'
import { isId } from '../platform/ids.ts'
import type { Aal, AmrEntry } from '../assurance/assurance.ts'
import type { UserId } from '../user/user.ts'

export type SessionId = Brand<string, 'SessionId'>

export function parseSessionId(text: string): SessionId | undefined {
  return isId(text) ? brand<SessionId>(text) : undefined
}

export type SessionMode = 'cookie' | 'token'

export type RevocationReason =
  | 'signed_out'
  | 'revoked_by_user'
  | 'revoked_by_admin'
  | 'password_changed'
  | 'password_reset'
  | 'user_blocked'
  | 'refresh_replayed'
  | 'too_many_sessions'
  | 'factor_removed'
  | 'factors_reset'
  | 'email_changed'
  | 'replaced'
  | 'email_change_undone'

/** A completed authentication; there is no half-authenticated session. */
export interface Session {
  readonly id: SessionId
  readonly userId: UserId
  readonly mode: SessionMode
  /** Keyed digest of the cookie's secret; `null` in token mode. */
  readonly secretDigest: string | null
  /** Token mode (design section 4): keyed digests of the family, current and previous turn secret; salt and time of the last turn. */
  readonly familyDigest: string | null
  readonly turnDigest: string | null
  readonly previousTurnDigest: string | null
  readonly turnSalt: string | null
  readonly turnedAt: number | null
  /** The user's epoch at birth; a session whose epoch differs from the user's is dead. */
  readonly epoch: number
  readonly aal: Aal
  readonly amr: readonly AmrEntry[]
  readonly authenticatedAt: number
  readonly createdAt: number
  /** Written at most once a minute, off the request path. */
  readonly lastSeenAt: number
  /** Absolute end. */
  readonly expiresAt: number
  readonly revokedAt: number | null
  readonly revokedReason: RevocationReason | null
  readonly ip: string | null
  readonly userAgent: string | null
}
