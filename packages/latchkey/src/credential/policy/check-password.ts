import { reveal } from '../../platform/redacted.ts'
import type { RawPassword } from '../hashing/password-hasher.ts'
import { countCharacters } from '../hashing/raw-password.ts'
import type { BreachedPasswords } from './breached-passwords.ts'
import { isCommonPassword } from './common-passwords.ts'
import { isMadeOf, personalWords, type PersonalContext } from './personal-words.ts'

/** Why a new password is refused; the reasons that `fields.password` shows. */
export type PasswordRejection = 'too_short' | 'contains_personal_word' | 'common' | 'breached'

export interface NewPassword extends PersonalContext {
  readonly password: RawPassword
  /** In characters (code points). 8 by default, 15 in the strict policy (NIST SP 800-63B-4 3.1.1.2, ASVS 6.2.1). */
  readonly minLength: number
}

/**
 * What a new password must be: long enough, and nothing that is guessed first. There are no composition rules (ASVS 6.2.5) and no
 * upper limit but the cap of `rawPassword`. `undefined` means acceptable. The breach list is asked last and only when given.
 *
 * @example const rejection = await checkPassword({ password, email, appName, contextWords: [], minLength: 8 }, { breaches })
 */
export async function checkPassword(
  input: NewPassword,
  { breaches }: { readonly breaches?: BreachedPasswords | undefined } = {},
): Promise<PasswordRejection | undefined> {
  const text = reveal(input.password.secret)
  if (countCharacters(text) < input.minLength) return 'too_short'
  // ASVS 6.2.11, NIST SP 800-63B-4 3.1.1.2: context words, compared with the whole password.
  if (isMadeOf(text, personalWords(input))) return 'contains_personal_word'
  // ASVS 6.2.4.
  if (await isCommonPassword(text)) return 'common'
  // ASVS 6.2.12.
  if (await breaches?.includes(input.password)) return 'breached'
  return undefined
}
