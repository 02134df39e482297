import type { AmrEntry } from '../../assurance/assurance.ts'

/**
 * A code from a list that the person keeps (NIST SP 800-63B-4 section 3.1.2, look-up secrets). It is typed as the password is, and can be stolen with it:
 * beside a password it opens a session and does not raise it.
 */
export const recoveryCodeProof: Omit<AmrEntry, 'at'> = {
  method: 'recovery-code',
  amr: 'otp',
  factor: 'possession',
  channel: 'typed',
}

/** At so many left the person is told, and again when the last one is spent. */
export const fewCodes = 3
