/** A charge against a true ceiling: at most `limit` charges in any `windowMs`, whatever the phase (design rule 9). */
export interface BudgetCharge {
  readonly kind: 'budget'
  /** Opaque: the domain digests addresses before they become part of a key. At most 191 characters of ASCII. */
  readonly key: string
  readonly limit: number
  readonly windowMs: number
}

/**
 * One attempt at a challenge. Lost when the row is not there, is of another purpose, spent, expired, has no attempts left, or when
 * the handle's or the browser's digest differ: whoever knows only an id burns nobody's attempts.
 */
export interface AttemptCharge {
  readonly kind: 'attempt'
  readonly challengeId: string
  readonly purposes: readonly string[]
  readonly handleDigest: string
  /** Digest of the presented cookie, `null` when none came. A row that is bound accepts only its own. */
  readonly bindingDigest: string | null
}

export type Charge = BudgetCharge | AttemptCharge

/** The longest that a stamp list may become; `limit` above it is refused at start-up. */
export const maxBudgetLimit = 1_000
