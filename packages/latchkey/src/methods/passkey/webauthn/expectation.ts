/** What a relying party expects of the answer to a ceremony that it began. */
export interface Expectation {
  /** Base64url, as it was sent. */
  readonly challenge: string
  readonly rpId: string
  /** Each in full, compared byte for byte; never a pattern (WebAuthn L3 section 13.4.9). */
  readonly origins: readonly string[]
  /** Sites that may show us in a frame; `null`: none, and an answer from within a frame of another site is refused. */
  readonly embeddedIn: readonly string[] | null
  /** Whether a PIN, a fingerprint or the like is demanded. */
  readonly userVerification: boolean
}

/** Why an answer is refused; for the audit log alone. */
export type CeremonyRejection =
  | 'malformed'
  | 'wrong_type'
  | 'wrong_challenge'
  | 'wrong_origin'
  | 'wrong_rp'
  | 'user_absent'
  | 'user_unverified'
  | 'wrong_backup_flags'
