import { redact } from '../../platform/redacted.ts'
import type { RawPassword } from './password-hasher.ts'

/**
 * The only place where typed text becomes a password: `undefined` when it is longer than `maxLength` characters or not Unicode text.
 * Nothing is cut, folded or trimmed (ASVS 6.2.8). NFC makes "é" typed as one code point and as two the same password
 * (NIST SP 800-63B-4 3.1.1.2, RFC 8265 section 4.2.2). NUL is a character like any other (OWASP Password Storage, "International
 * Characters"); verifiers that cannot take it refuse it themselves.
 *
 * @param maxLength in code points; one code point is one character (NIST SP 800-63B-4 3.1.1.2)
 * @example const password = rawPassword(body.password, settings.password.maxLength)
 */
export function rawPassword(input: string, maxLength: number): RawPassword | undefined {
  // A code point is at most two code units, so this bounds all work that follows, counting included.
  if (input.length > 2 * maxLength) return undefined
  if (countCharacters(input) > maxLength) return undefined
  // A lone surrogate has no UTF-8: every one of them would be hashed as the same replacement character.
  if (!input.isWellFormed()) return undefined
  return { __rawPassword: true, secret: redact(input.normalize('NFC')) }
}

/** Code points, which is what lengths of passwords are told in. */
export function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
