import type { Redacted } from '../../platform/redacted.ts'

/** A password as it was typed: NFC-normalised, length-capped, and unable to print itself. Minted by `rawPassword` alone. */
export interface RawPassword {
  readonly __rawPassword: true
  readonly secret: Redacted
}

export type VerifyPasswordResult =
  | { readonly ok: true; /** The stored hash is weaker than today's policy. */ readonly needsRehash: boolean }
  | { readonly ok: false }

/**
 * Hashes off the event loop, never more at once than admission allows (design section 5).
 * Every member throws `LatchkeyError` `hashing_overloaded` (503) when the queue is full.
 */
export interface PasswordHasher {
  hash(password: RawPassword, network: string): Promise<string>
  verify(password: RawPassword, hash: string, network: string): Promise<VerifyPasswordResult>
  /** The same work as `verify` of a current hash, for an address that nobody has: equal number of hashes, equal parameters. */
  verifyNothing(password: RawPassword, network: string): Promise<void>
  readonly stats: () => HashingStats
}

export interface HashingStats {
  readonly running: number
  readonly queued: number
  readonly admitted: number
  readonly completed: number
  readonly shed: number
  /** The most that ever ran at once. */
  readonly peakRunning: number
}
