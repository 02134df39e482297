import type { FactorName } from '../challenge/challenge-data.ts'
import type { SessionSecrets } from '../session/session-secrets.ts'
import type { Session } from '../session/session.ts'
import type { User } from '../user/user.ts'

export type SignInResult =
  | {
      readonly ok: true
      readonly status: 'signed_in'
      readonly user: User
      readonly session: Session
      readonly secrets: SessionSecrets
      /** `<id>.<secret>` of a device that became known with this sign-in. */
      readonly device: string | null
    }
  | NeedsFactor
  | { readonly ok: false; readonly reason: SignInRejection; readonly retryAfterSeconds: number }

export interface NeedsFactor {
  readonly ok: true
  readonly status: 'needs_factor'
  /** Handle of the attempt. */
  readonly attempt: string
  /** For the cookie of this browser; `null` in token mode. */
  readonly binding: string | null
  readonly bindingTtlMs: number
  readonly factors: readonly FactorName[]
  /** Where a code went, masked; made from the input, so that it tells nothing. */
  readonly sentTo: string | null
}

/** Inside: finer than what is answered. */
export type SignInRejection =
  | 'unknown_address'
  | 'no_password'
  | 'wrong_password'
  | 'blocked'
  | 'over_limit'
  | 'attempt_over'
  | 'wrong_code'
  | 'code_expired'
  | 'code_required'
  | 'factor_not_accepted'
  | 'second_factor_missing'
