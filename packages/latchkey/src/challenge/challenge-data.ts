import type { AmrEntry } from '../assurance/assurance.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { SessionMode } from '../session/session.ts'
import type { CodeTemplate } from '../courier/message.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { Challenge, ChallengeId } from './challenge.ts'

/** What waits, sealed, in a challenge of each purpose; a purpose without its place here cannot be issued. */
export interface ChallengeData {
  'sign-in': SignInData
  'sign-up': SignUpData
  'password-reset': { readonly email: EmailAddress }
  'email-verify': { readonly email: EmailAddress; readonly template: CodeTemplate }
  'admin-link': { readonly role: string }
}

/** The state between the first and the last factor. */
export interface SignInData {
  readonly email: EmailAddress
  readonly mode: SessionMode
  /** What was proved so far. */
  readonly proofs: readonly AmrEntry[]
  /** Factor names that are accepted next. */
  readonly factors: readonly FactorName[]
  /** The user's epoch when it began: whatever raises it meanwhile ends the attempt too. */
  readonly epoch: number
  /** Which mail carries its code, for sending it again. */
  readonly template: CodeTemplate
}

export interface SignUpData {
  readonly email: EmailAddress
  readonly mode: SessionMode
  readonly passwordHash: string | null
  readonly name: string | null
  readonly locale: string | null
  /** Roles that the person gets; only an administrator link gives any. */
  readonly roles: readonly string[]
  readonly template: CodeTemplate
}

/** As `factors` of a sign-in result names them on the wire. */
export type FactorName = 'email_code' | 'password' | 'totp' | 'recovery_code' | 'passkey'

export function sealChallengeData<Purpose extends keyof ChallengeData>(
  keys: KeyRing,
  purpose: Purpose,
  id: ChallengeId,
  data: ChallengeData[Purpose],
): string {
  return keys.seal(`challenge/${purpose}/${id}`, JSON.stringify(data))
}

/** The label carries purpose and id, so that what opens was sealed for this very row. */
export function openChallengeData<Purpose extends keyof ChallengeData>(
  keys: KeyRing,
  purpose: Purpose,
  challenge: Challenge,
): ChallengeData[Purpose] {
  return JSON.parse(keys.open(`challenge/${purpose}/${challenge.id}`, challenge.data)) as ChallengeData[Purpose]
}
