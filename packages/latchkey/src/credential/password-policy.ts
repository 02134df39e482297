import type { EmailAddress } from '../user/email-address.ts'
import type { RawPassword } from './hashing/password-hasher.ts'
import type { BreachedPasswords } from './policy/breached-passwords.ts'
import { checkPassword, type PasswordRejection } from './policy/check-password.ts'

/** Whether a new password is acceptable (ASVS 6.2.1, 6.2.4, 6.2.11, 6.2.12): asked at sign-up, change, reset and by administrators. */
export interface PasswordPolicy {
  check(password: RawPassword, email: EmailAddress): Promise<PasswordRejection | undefined>
}

export function createPasswordPolicy(
  {
    appName,
    password,
  }: {
    readonly appName: string
    readonly password: { readonly minLength: number; readonly contextWords: readonly string[] }
  },
  breaches: BreachedPasswords | undefined,
): PasswordPolicy {
  const { minLength, contextWords } = password
  return {
    check: (candidate, email) =>
      checkPassword({ password: candidate, email, appName, contextWords, minLength }, { breaches }),
  }
}
