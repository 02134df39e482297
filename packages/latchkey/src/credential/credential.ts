import { brand, type Brand } from '../platform/brand.ts'
import { isId } from '../platform/ids.ts'
import type { UserId } from '../user/user.ts'

export type CredentialId = Brand<string, 'CredentialId'>

export function parseCredentialId(text: string): CredentialId | undefined {
  return isId(text) ? brand<CredentialId>(text) : undefined
}

export type CredentialMethod = 'password' | 'totp' | 'recovery-code' | 'passkey' | 'oauth'

/** The stored binding of an authenticator to a user. `(method, identifier)` is unique; a password's identifier is the user id: one a user. */
export interface Credential {
  readonly id: CredentialId
  readonly userId: UserId
  readonly method: CredentialMethod
  /** Unique within the method: the user id for a password, the credential id for a passkey, `issuer subject` for an identity. */
  readonly identifier: string
  /** The password hash, or a value sealed with the key ring; `null` where the credential holds no secret. */
  readonly secret: string | null
  /** JSON of what only the method reads. */
  readonly data: string
  /** `null` until the enrolment is confirmed; an unconfirmed credential proves nothing. */
  readonly confirmedAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastUsedAt: number | null
  /** Only ever rises: the last accepted time step of TOTP, the signature counter of a passkey; 0 for every other method. */
  readonly counter: number
}
