import type { AmrEntry } from '../assurance/assurance.ts'
import type { CodeTemplate } from '../courier/message.ts'
import type { Credential, CredentialId } from '../credential/credential.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { SessionId, SessionMode } from '../session/session.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { UserId } from '../user/user.ts'
import type { Challenge, ChallengeId } from './challenge.ts'

/** What waits, sealed, in a challenge of each purpose; a purpose without its place here cannot be issued. */
export interface ChallengeData {
  'sign-in': SignInData
  'sign-up': SignUpData
  'password-reset': { readonly email: EmailAddress }
  /** The same reset, by a code of the same mail. */
  'password-reset-code': { readonly email: EmailAddress }
  'email-verify': { readonly email: EmailAddress; readonly template: CodeTemplate }
  'admin-link': { readonly role: string }
  'step-up': StepUpData
  'magic-link': MagicLinkData
  /** `secret` and `data` as the credential with this id will hold them: sealed. */
  'totp-enrolment': {
    readonly userId: UserId
    readonly sessionId: SessionId
    readonly credentialId: CredentialId
    readonly secret: string
    readonly data: string
  }
  /** `challenge` of each ceremony: what the authenticator signs, base64url. */
  'passkey-registration': {
    readonly challenge: string
    readonly userId: UserId
    readonly sessionId: SessionId
    readonly userHandle: string
  }
  /** `attempt`: the pending attempt that asked for a second factor, and whose passkey it must be; `null` for a sign-in by passkey alone. */
  'passkey-sign-in': {
    readonly challenge: string
    readonly mode: SessionMode
    readonly attempt: { readonly challengeId: ChallengeId; readonly userId: UserId | null } | null
  }
  'passkey-sign-up': {
    readonly challenge: string
    readonly email: EmailAddress
    readonly mode: SessionMode
    readonly name: string | null
    readonly locale: string | null
    readonly userId: UserId
    readonly userHandle: string
  }
  'oauth-state': OAuthStateData
  'oauth-ticket': OAuthTicketData
  /** An identity that a signed-in person is about to bind. */
  'oauth-link': { readonly userId: UserId; readonly sessionId: SessionId; readonly identity: PendingIdentity }
  'email-change': {
    readonly userId: UserId
    readonly sessionId: SessionId
    readonly from: EmailAddress
    readonly email: EmailAddress
    readonly template: CodeTemplate
  }
  /** Waits for its time; nobody holds its handle. */
  'factors-reset': { readonly actorId: string; readonly reason: string | null; readonly notBefore: number }
  'email-change-undo': { readonly userId: UserId; readonly from: EmailAddress; readonly email: EmailAddress }
}

/** The state between a stolen or stale session and one that may do what it asks for; bound to the session that began it. */
export interface StepUpData {
  readonly email: EmailAddress
  readonly sessionId: SessionId
  readonly factors: readonly FactorName[]
  readonly epoch: number
  readonly template: CodeTemplate
}

export interface MagicLinkData {
  readonly email: EmailAddress
  readonly mode: SessionMode
  readonly epoch: number
  /** Digest of the initiating browser's binding: with its cookie no code is asked for. `null` in token mode. */
  readonly browser: string | null
  /** Path of our own, or an allowed address. */
  readonly redirectTo: string | null
}

export interface OAuthStateData {
  readonly provider: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly mode: SessionMode
  readonly redirectTo: string | null
  /** When the budgets of the start were charged, for giving them back. */
  readonly chargedAt: number
  /** Token mode: the secret that only the client which began has, and without which its ticket opens nothing. */
  readonly attempt: string | null
  /** A signed-in person who binds an identity; `null` for a sign-in. */
  readonly link: { readonly userId: UserId; readonly sessionId: SessionId } | null
}

/** Somebody who came back from a provider in token mode, until the client that began fetches the result. */
export interface OAuthTicketData {
  readonly provider: string
  readonly profile: {
    readonly issuer: string
    readonly subject: string
    readonly email: EmailAddress | null
    readonly emailVerified: boolean
    readonly name: string | null
    readonly picture: string | null
  }
  /** To be kept with the identity. */
  readonly tokens: {
    readonly accessToken: string
    readonly refreshToken: string | null
    readonly expiresAt: number | null
    readonly scope: string | null
  } | null
}

/** An identity that becomes a credential once the account that it belongs to was proved. */
export interface PendingIdentity {
  readonly provider: string
  readonly credential: Credential
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
  /** An identity that the door binds in the commit that opens the session. */
  readonly link?: PendingIdentity
}

export interface SignUpData {
  readonly email: EmailAddress
  readonly mode: SessionMode
  /** The user that the proof of the address creates. */
  readonly userId: UserId
  /** What is bound to it from the beginning, and what was thereby proved. */
  readonly credentials: readonly Credential[]
  readonly proofs: readonly AmrEntry[]
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
