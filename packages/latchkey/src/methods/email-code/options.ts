import type { AmrEntry } from '../../assurance/assurance.ts'

/** Whoever reads the mailbox has it: possession over e-mail, which never counts towards AAL2 (NIST SP 800-63B-4 3.1.3). RFC 8176 `otp`. */
export const emailCodeProof: Omit<AmrEntry, 'at'> = {
  method: 'email-code',
  amr: 'otp',
  factor: 'possession',
  channel: 'email',
}
