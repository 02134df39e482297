import type { EmailAddress } from '../user/email-address.ts'
import type { RawPassword } from './hashing/password-hasher.ts'

export type PasswordRejection = 'too_short' | 'too_long' | 'common' | 'breached' | 'contains_personal_word'

/** Whether a new password is acceptable (ASVS 6.2.1, 6.2.4, 6.2.11, 6.2.12). Without an address the personal words are not looked at. */
export interface PasswordPolicy {
  check(password: RawPassword, email: EmailAddress | null): Promise<PasswordRejection | undefined>
}
