/** NIST SP 800-63B authentication assurance level; 3 is never claimed. */
export type Aal = 1 | 2

export type Factor = 'knowledge' | 'possession' | 'inherence'

/**
 * Where the proof travelled. Two proofs over one channel can be stolen together, so they do not raise the level. `local`: a PIN or biometric
 * that the authenticator itself verified and that never left it.
 */
export type Channel = 'typed' | 'authenticator' | 'local' | 'email' | 'provider'

/** RFC 8176 authentication method reference values that the engine issues. */
export type Amr = 'pwd' | 'otp' | 'hwk' | 'user' | 'fed'

/** One authentication that a session rests on. */
export interface AmrEntry {
  /** Id of the method, e.g. `password`. */
  readonly method: string
  readonly amr: Amr
  readonly factor: Factor
  readonly channel: Channel
  readonly at: number
}

/**
 * AAL2 needs two factor classes over two channels. E-mail counts for neither: NIST SP 800-63B-4 section 3.1.3 forbids it as an
 * out-of-band authenticator (ASVS 6.3.6), so a password plus an e-mailed code stays AAL1.
 */
export function aalOf(entries: readonly AmrEntry[]): Aal {
  const counted = entries.filter((entry) => entry.channel !== 'email')
  const factors = new Set(counted.map((entry) => entry.factor))
  const channels = new Set(counted.map((entry) => entry.channel))
  return factors.size >= 2 && channels.size >= 2 ? 2 : 1
}

/**
 * Whether more than one thing was shown: two methods, or one authenticator that is two factors by itself, as a passkey with user verification
 * is (NIST SP 800-63B-4 section 2.2.1, multi-factor authenticators).
 */
export function isMultiFactor(entries: readonly AmrEntry[]): boolean {
  return new Set(entries.map((entry) => entry.method)).size >= 2 || aalOf(entries) === 2
}

/** Ids of the methods at work, each once, for the audit log: a passkey alone may give two proofs. */
export function methodsOf(entries: readonly AmrEntry[]): string {
  return [...new Set(entries.map((entry) => entry.method))].join(' ')
}
