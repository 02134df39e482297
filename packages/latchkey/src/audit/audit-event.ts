import { brand, type Brand } from '../platform/brand.ts'
import type { SessionId } from '../session/session.ts'
import type { UserId } from '../user/user.ts'

export type EventId = Brand<string, 'EventId'>

export function asEventId(id: string): EventId {
  return brand<EventId>(id)
}

/** A row of the audit log: written by plain insert in the commit of the change that it tells of, never updated. */
export interface AuditEvent {
  /** UUIDv7: the log is ordered by id. Also the receipt by which an interrupted commit is recognised. */
  readonly id: EventId
  readonly at: number
  readonly kind: AuditEventKind
  /** Whose account it concerns; `null` when no account is known. */
  readonly userId: UserId | null
  /** Who did it: a user id, `system`, or `cli`; `null` where the subject acted or nobody is known. */
  readonly actorId: string | null
  readonly sessionId: SessionId | null
  readonly requestId: string | null
  /** JSON of facts without personal data or secrets. */
  readonly data: string
  /** Sealed JSON of address, client address and user agent, under the person's own key where there is one. */
  readonly person: string | null
  /** Keyed MAC over all fields above (design rule 13). */
  readonly mac: string
}

/** The closed vocabulary, `noun.verb`; `docs/events.md` is generated from it. */
export const auditEventKinds = {
  'sign_up.started': 'A registration was begun.',
  'sign_up.known_address': 'Someone tried to register an address that has an account.',
  'sign_up.refused': 'A registration was refused (limit or policy).',
  'user.created': 'A user exists from now on: the address was proved, or an administrator or the command line made it.',
  'user.updated': 'Name or locale changed.',
  'user.blocked': 'The account was blocked and its sessions ended.',
  'user.unblocked': 'The account may sign in again.',
  'user.roles_changed': 'The roles of the user were replaced.',
  'user.deleted': 'The user and everything that hangs on it were removed.',
  'email.verified': 'The address was proved.',
  'email.verify_requested': 'A code to prove the address was asked for.',
  'login.success': 'A session was opened.',
  'login.failure': 'A sign-in step failed; `reason` says why.',
  'login.factor_required': 'A proof was right and another factor is asked for.',
  'login.code_requested': 'A sign-in code was asked for.',
  'login.code_resent': 'A code was sent again.',
  'login.limited': 'A sign-in step was refused because a limit was reached.',
  'session.refreshed': 'A refresh token was turned.',
  'session.revoked': 'One session was ended.',
  'session.all_revoked': 'All sessions, or all but the acting one, were ended.',
  'session.signed_out': 'The person signed out.',
  'session.step_up_started': 'A signed-in person was asked to authenticate again; `factors` says by what.',
  'session.stepped_up': 'The session was raised or made fresh, and goes on under new secrets.',
  'totp.enrolled': 'An authenticator app was confirmed as a second factor.',
  'totp.removed': 'The authenticator app was removed; every other session ended.',
  'totp.enrolment_started':
    'A secret for an authenticator app was shown; nothing is enrolled until a code confirms it.',
  'totp.enrolment_failed': 'An enrolment was not confirmed; `reason` says why.',
  'recovery_codes.issued': 'A set of recovery codes was issued; the older ones are dead.',
  'recovery_code.used': 'A recovery code was spent; `left` says how many remain.',
  'passkey.added': 'A passkey was registered.',
  'passkey.removed': 'A passkey was removed; every other session ended.',
  'passkey.renamed': 'A passkey got another name.',
  'passkey.usage_changed': 'A passkey became a way in, a second factor or both; `usage` says which.',
  'passkey.registration_failed': 'The registration of a passkey was refused; `reason` says why.',
  'passkey.counter_mismatch':
    'A passkey signed with a counter that was seen before: it may have been cloned. Nothing was opened.',
  'identity.linked': 'An identity of another provider was bound to the account.',
  'identity.unlinked': 'An identity of another provider was removed; every other session ended.',
  'identity.link_refused': 'An identity was not bound; `reason` says why.',
  'oauth.started': 'Someone was sent to another provider to sign in.',
  'oauth.failed': 'A sign-in through another provider was refused; `reason` says why.',
  'login.link_requested': 'A sign-in link was asked for.',
  'email.change_requested': 'A change of the address was asked for; a code went to the new one.',
  'email.change_failed': 'A change of the address was refused; `reason` says why.',
  'email.changed': 'The address was changed; the old one was told.',
  'email.change_undone': 'The change of the address was undone from the old one; every session ended.',
  'factors.reset_requested': 'An administrator asked to reset the second factors; it waits until `notBefore`.',
  'factors.reset':
    'The second factors were removed for an administrator; every session ended. `requestedBy` names who asked where it had waited.',
  'factors.reset_cancelled':
    'A reset of the second factors that waited was stopped, by an administrator or by the owner, who signed in with a factor or took the old address back.',
  'refresh.replay_detected': 'An old refresh token came back; the session was ended.',
  'password.rehash': 'The stored hash was renewed with the present parameters after a good sign-in.',
  'password.changed': 'The password was changed by its owner.',
  'password.change_failed': 'A password change was refused; `reason` says why.',
  'password.reset_requested': 'A password reset was asked for.',
  'password.reset': 'The password was reset by mail; every session ended.',
  'password.reset_failed': 'A password reset was refused; `reason` says why.',
  'admin.link_issued': 'A one-time administrator link was issued in development.',
  'key.rotated': 'The signing keys were rotated.',
  'secret.resealed': 'What is sealed was sealed anew under the newest secret; `resealed` counts it.',
  'audit.trimmed':
    'Events up to a seal (`throughSequence`) were removed because their retention had ended; without it their absence is an alarm.',
  'mail.resent': 'An outbox message was queued again by an administrator.',
} as const

export type AuditEventKind = keyof typeof auditEventKinds

/** A seal closes a range of events; the chain of seals finds changed, removed and inserted rows. */
export interface AuditSeal {
  readonly sequence: number
  readonly firstId: EventId
  readonly lastId: EventId
  readonly count: number
  readonly mac: string
  readonly createdAt: number
}
