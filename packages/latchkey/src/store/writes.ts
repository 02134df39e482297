import type { Aal, AmrEntry } from '../assurance/assurance.ts'
import type { AuditEvent, AuditSeal } from '../audit/audit-event.ts'
import type { Challenge, ChallengeId, ChallengePurpose } from '../challenge/challenge.ts'
import type { Message, MessageId, MessageStatus } from '../courier/message.ts'
import type { Credential, CredentialId, CredentialMethod } from '../credential/credential.ts'
import type { Device, DeviceId } from '../session/device.ts'
import type { RevocationReason, Session, SessionId } from '../session/session.ts'
import type { SessionDigests } from '../session/session-secrets.ts'
import type { SigningKey, SigningKeyState } from '../session/signing-key.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { User, UserId } from '../user/user.ts'

/**
 * The closed union of changes. Each is a domain fact with its guard inside the statement; a commit of several happens whole or not
 * at all. Adding a kind breaks every storage at compile time. `lose` says what a lost guard is reported as; a write without it is a
 * write over a set or a plain insert under a fresh id, and cannot lose.
 */
export type Write =
  // ── user ──
  /** Guard: the address is free. Lose: `email_taken`. */
  | { readonly kind: 'createUser'; readonly user: User }
  /** Replaces the given fields. Guard: the user exists. Lose: `unknown_user`. */
  | {
      readonly kind: 'updateProfile'
      readonly userId: UserId
      readonly name?: string | null
      readonly locale?: string | null
    }
  /** Guard: the user exists, still has this address and has not proved it. Lose: `not_applicable`. */
  | { readonly kind: 'verifyEmail'; readonly userId: UserId; readonly email: EmailAddress }
  /**
   * Replaces a proved address by another, proved at this moment. Guard: the user exists and has the address `from`, lose:
   * `not_applicable`; and nobody else has the address `to`, lose: `email_taken`. The first is asked first.
   */
  | { readonly kind: 'changeEmail'; readonly userId: UserId; readonly from: EmailAddress; readonly to: EmailAddress }
  /** Guard: exists and is not blocked. Raises the epoch. Lose: `not_applicable`. */
  | { readonly kind: 'blockUser'; readonly userId: UserId; readonly reason: string | null }
  /** Guard: exists and is blocked. Lose: `not_applicable`. */
  | { readonly kind: 'unblockUser'; readonly userId: UserId }
  /** Guard: exists. Roles are read with the session, so a change is in force as soon as a revocation is (ASVS 8.3.2). Lose: `unknown_user`. */
  | { readonly kind: 'setRoles'; readonly userId: UserId; readonly roles: readonly string[] }
  /** Compare-and-set: the same key, sealed under a newer secret. Guard: it still is `from`. Lose: `not_applicable`. */
  | { readonly kind: 'resealPersonKey'; readonly userId: UserId; readonly from: string; readonly to: string }
  /**
   * Raises the epoch by one, ending every session; the session named by `keepSessionId`, if it lives, is carried over to the new
   * epoch. Guard: exists and, when given, the epoch is still `from`. Lose: `epoch_changed`.
   */
  | { readonly kind: 'raiseEpoch'; readonly userId: UserId; readonly from?: number; readonly keepSessionId?: SessionId }
  /** Removes the user with credentials, sessions, devices, challenges and queued messages. Guard: exists. Lose: `unknown_user`. */
  | { readonly kind: 'deleteUser'; readonly userId: UserId }
  // ── credential ──
  /** Guard: `(method, identifier)` is free. Lose: `credential_exists`. */
  | { readonly kind: 'addCredential'; readonly credential: Credential }
  /** Compare-and-set on the secret. Guard: it still is `from`. Lose: `credential_changed`. */
  | {
      readonly kind: 'replaceCredentialSecret'
      readonly credentialId: CredentialId
      readonly from: string
      readonly to: string
    }
  /** Compare-and-set on the data, as for a passkey's name. Guard: exists, of this user, data still `from`. Lose: `credential_changed`. */
  | {
      readonly kind: 'updateCredentialData'
      readonly credentialId: CredentialId
      readonly userId: UserId
      readonly from: string
      readonly to: string
    }
  /** Spends a time step and all before it (RFC 6238 section 5.2). Guard: exists and the counter is below `step`. Lose: `step_used`. */
  | { readonly kind: 'advanceTotpStep'; readonly credentialId: CredentialId; readonly step: number }
  /**
   * After a good assertion: compare-and-set on the signature counter; notes the use and touches nothing else, so that no rename is lost to it. A
   * synced passkey stays at 0, so there `from` and `to` are equal and any number of callers win. Guard: the counter is `from`. Lose:
   * `credential_changed`.
   */
  | {
      readonly kind: 'bumpPasskeyCounter'
      readonly credentialId: CredentialId
      readonly from: number
      readonly to: number
    }
  /** Insert, or replace secret, data, confirmation and counter under `(method, identifier)`. No guard: it rides on the guard of the proof that it is committed with. */
  | { readonly kind: 'putCredential'; readonly credential: Credential }
  /** Guard: exists and belongs to the user. Lose: `unknown_credential`. */
  | { readonly kind: 'removeCredential'; readonly credentialId: CredentialId; readonly userId: UserId }
  /** Over a set: every credential of the user (of these methods). */
  | { readonly kind: 'removeCredentials'; readonly userId: UserId; readonly methods: readonly CredentialMethod[] }
  // ── challenge ──
  /** A fresh row under a fresh id. */
  | { readonly kind: 'issueChallenge'; readonly challenge: Challenge }
  /** The single use. Guard: not spent and not expired. Lose: `challenge_spent`. */
  | { readonly kind: 'consumeChallenge'; readonly challengeId: ChallengeId }
  /**
   * Replaces code and data of a waiting challenge and counts a send when `sent`; attempts stay. Guard: not spent, not expired, and the
   * version is still `version`. Lose: `challenge_changed`.
   */
  | {
      readonly kind: 'advanceChallenge'
      readonly challengeId: ChallengeId
      readonly version: number
      readonly userId: UserId | null
      readonly codeDigest: string | null
      readonly codeExpiresAt: number | null
      readonly sent: boolean
      readonly data: string
    }
  /** Over a set: spends the user's waiting challenges of these purposes, all or those that were issued at a moment or later. */
  | {
      readonly kind: 'cancelChallenges'
      readonly userId: UserId
      readonly purposes: readonly ChallengePurpose[]
      readonly issuedSinceAt?: number
    }
  // ── session ──
  /** Only the door makes this write. Guard: the user exists, is not blocked, and the epoch is the session's. Lose: `epoch_changed`. */
  | { readonly kind: 'openSession'; readonly session: Session }
  /** Over a set: revokes the oldest live sessions of the user beyond the newest `keep`, and appends a change for each. */
  | { readonly kind: 'trimSessions'; readonly userId: UserId; readonly keep: number }
  /**
   * One turn of a refresh token. Guard: current turn and family digests are these, token mode, not revoked, not expired, last seen after
   * `idleAfter`, the user not blocked and of the session's epoch. Lose: `turn_lost`.
   */
  | {
      readonly kind: 'rotateRefresh'
      readonly sessionId: SessionId
      readonly familyDigest: string
      readonly turnDigest: string
      readonly nextTurnDigest: string
      readonly salt: string
      readonly idleAfter: number
    }
  /**
   * New secrets for a session whose owner authenticated again; appends a change, so that the old ones end in every cache. Guard: same mode, its secret or turn digest still is `from`, not revoked, not
   * expired, the user not blocked and of the session's epoch. Lose: `session_over`.
   */
  | {
      readonly kind: 'renewSession'
      readonly sessionId: SessionId
      readonly from: string
      readonly digests: SessionDigests
      readonly aal: Aal
      readonly amr: readonly AmrEntry[]
      readonly authenticatedAt: number
    }
  /** Guard: of this user and not revoked. Lose: `session_over`. */
  | {
      readonly kind: 'revokeSession'
      readonly sessionId: SessionId
      readonly userId: UserId
      readonly reason: RevocationReason
    }
  /** Over a set: every live session of the user but `exceptSessionId`. */
  | {
      readonly kind: 'revokeSessions'
      readonly userId: UserId
      readonly exceptSessionId: SessionId | null
      readonly reason: RevocationReason
    }
  /** Over a set, off the request path: raises `lastSeenAt`, never lowers it. */
  | { readonly kind: 'touchSessions'; readonly seen: readonly { readonly sessionId: SessionId; readonly at: number }[] }
  // ── known devices ──
  /** A fresh row under a fresh id. */
  | { readonly kind: 'rememberDevice'; readonly device: Device }
  /** Over a set: one known device of the user, or all. */
  | { readonly kind: 'forgetDevices'; readonly userId: UserId; readonly deviceId: DeviceId | null }
  // ── signing keys ──
  /** Guard: no other key is in this state, unless it is `previous`. Lose: `key_state_taken`. */
  | { readonly kind: 'addSigningKey'; readonly key: SigningKey }
  /** Guard: the key is in state `from`, and no other key is in state `to`, unless that is `previous`. Lose: `key_state_taken`. */
  | {
      readonly kind: 'moveSigningKey'
      readonly kid: string
      readonly from: SigningKeyState
      readonly to: SigningKeyState
    }
  /** Compare-and-set: the same private half, sealed under a newer secret. Guard: it still is `from`. Lose: `not_applicable`. */
  | { readonly kind: 'resealSigningKey'; readonly kid: string; readonly from: string; readonly to: string }
  // ── throttle ──
  /** Gives back one charge made at `at`, in the commit of the success that it paid for. No guard: what is gone is gone. */
  | { readonly kind: 'refundBudget'; readonly key: string; readonly at: number }
  // ── outbox ──
  /** A fresh row under a fresh id. */
  | { readonly kind: 'enqueueMessage'; readonly message: Message }
  /** A worker takes a message until `until`. Guard: queued and due. Lose: `not_due`. */
  | {
      readonly kind: 'leaseMessage'
      readonly messageId: MessageId
      readonly leaseToken: string
      readonly until: number
    }
  /**
   * The worker's result; final states destroy the data. Guard: the lease is still this worker's. Lose: `lease_lost`.
   */
  | {
      readonly kind: 'settleMessage'
      readonly messageId: MessageId
      readonly leaseToken: string
      readonly status: MessageStatus
      readonly nextAttemptAt: number
      readonly error: string | null
    }
  /**
   * An administrator queues a message again. Guard: queued, still before its `notAfter`, and in no worker's hands: no lease that is still
   * running. Lose: `not_applicable`.
   */
  | { readonly kind: 'retryMessage'; readonly messageId: MessageId }
  // ── audit and feed ──
  /** Plain insert; its id is the receipt of the commit. */
  | { readonly kind: 'appendEvent'; readonly event: AuditEvent }
  /** Guard: the sequence is free. Lose: `seal_taken`. */
  | { readonly kind: 'appendSeal'; readonly seal: AuditSeal }
  /** Appends to the feed that ends cached sessions on other nodes. Whatever takes something away brings its own (`store/changes.ts`). */
  | { readonly kind: 'appendChange'; readonly userId: UserId; readonly sessionId: SessionId | null }
  // ── retention ──
  /** Over a set, at most `limit` rows: removes rows that ended before `before`. */
  | { readonly kind: 'removeExpired'; readonly what: Expirable; readonly before: number; readonly limit: number }

/** What retention removes, and by which time: challenges and sessions by their end, messages by settlement, budgets by their last charge, … */
export type Expirable =
  | 'challenges'
  | 'sessions'
  | 'devices'
  | 'messages'
  | 'budgets'
  | 'changes'
  | 'signing-keys'
  | 'events'

export type WriteKind = Write['kind']
export type WriteOf<Kind extends WriteKind> = Extract<Write, { readonly kind: Kind }>
