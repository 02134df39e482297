import type { AmrEntry } from '../../assurance/assurance.ts'

/**
 * Encrypts the secrets of authenticator apps outside of the engine, as a KMS does. Rows from before go on being opened with the key ring; what was encrypted
 * with it needs it from then on.
 */
export interface SecretEncrypter {
  encrypt(plaintext: string): Promise<string>
  decrypt(ciphertext: string): Promise<string>
}

export interface TotpOptions {
  /** The name beside the code in the app. Default the product's name. */
  readonly issuer?: string
  /** Default: sealed with the key ring (AES-256-GCM). */
  readonly encrypter?: SecretEncrypter
}

/** An app that the person holds, and that shows a code: RFC 8176 `otp`. Typed by hand, it is not phishing-resistant (NIST SP 800-63B-4 section 3.2.5). */
export const totpProof: Omit<AmrEntry, 'at'> = {
  method: 'totp',
  amr: 'otp',
  factor: 'possession',
  channel: 'authenticator',
}

/** 160 bits, the length that RFC 4226 section 4 (R6) recommends. */
export const secretBytes = 20
