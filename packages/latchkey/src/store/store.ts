import type { AuditEvent, AuditEventKind, AuditSeal, EventId } from '../audit/audit-event.ts'
import type { Challenge, ChallengeId, ChallengePurpose } from '../challenge/challenge.ts'
import type { Message, MessageId, MessageStatus } from '../courier/message.ts'
import type { Credential, CredentialMethod } from '../credential/credential.ts'
import type { Change } from '../session/change.ts'
import type { Device, DeviceId } from '../session/device.ts'
import type { Session, SessionId } from '../session/session.ts'
import type { SigningKey } from '../session/signing-key.ts'
import type { Charge } from '../throttle/budget.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { User, UserId } from '../user/user.ts'
import type { LostReason } from './lost-reasons.ts'
import type { Write } from './writes.ts'

/**
 * The storage port (design rule 1): queries, and two ways to change anything. `charge` takes budgets and attempts before a secret is
 * looked at and is durable by itself; `commit` applies guarded writes, all or none.
 *
 * Faults, thrown by every member: `LatchkeyError` `storage_unavailable` (nothing was done), `storage_conflict` (given up after five
 * tries, nothing was done); by `commit` and `charge` also `outcome_unknown`.
 */
export interface Store extends Queries {
  /**
   * Takes all charges or none, in the order given (narrowest first), in one durable step. On SQLite a power cut, though no crash of the
   * process, may take back those behind the last commit (docs/decisions/0022).
   * Contract: of any number of parallel callers exactly as many win as the ceiling has room for.
   *
   * With `subjectOf` it brings what `findSubjectByEmail` would, read behind the charges and only if all were taken: on PostgreSQL one round
   * trip for the two.
   */
  charge(charges: readonly Charge[], now: number, subjectOf?: EmailAddress): Promise<ChargeResult>

  /**
   * Applies the writes in lock order, all or none. Repeats by itself after deadlock and serialisation failure (at most five times), never
   * blindly after a cut connection: it then asks for the id of the commit's first `appendEvent`, its receipt.
   */
  commit(writes: readonly Write[], now: number): Promise<CommitResult>
}

export type ChargeResult =
  | {
      readonly ok: true
      /** The challenge as it stands after the charge, when one was charged. */
      readonly challenge: Challenge | null
      /** Of the address that was asked for; `undefined` when it has no account, and when none was asked for. */
      readonly subject: Subject | undefined
    }
  | {
      readonly ok: false
      /** `index` is that of the refused charge. Nothing was taken from the others. */
      readonly lost: { readonly index: number; readonly reason: LostCharge }
      /** Whole seconds, at least 1, until the refused budget has room; 0 for attempts. */
      readonly retryAfterSeconds: number
    }

/** `unknown` stands for: no such row, other purpose, other handle, other browser. */
export type LostCharge = 'over_limit' | 'unknown' | 'expired' | 'spent' | 'no_attempts_left'

export type CommitResult =
  /** `changed[i]` is the number of rows that write `i` of the caller's list touched. */
  | { readonly ok: true; readonly changed: readonly number[] }
  | { readonly ok: false; readonly lost: { readonly index: number; readonly reason: LostReason } }

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Give it back to go on; `null` at the end. */
  readonly nextCursor: string | null
}

export interface PageRequest {
  /** At most this many items, 1 to 200. */
  readonly limit: number
  readonly cursor?: string
}

/** Reads. Every one is a single statement on the primary and answers from committed rows only. */
export interface Queries {
  findUser(id: UserId): Promise<User | undefined>
  findUserByEmail(email: EmailAddress): Promise<User | undefined>
  /** One statement: what a sign-in has to know about an address. */
  findSubjectByEmail(email: EmailAddress): Promise<Subject | undefined>
  findSubject(id: UserId): Promise<Subject | undefined>
  /** One statement: whose credential this is, as a passkey or an identity presents itself, with all that the user has. */
  findCredential(
    method: CredentialMethod,
    identifier: string,
  ): Promise<(Subject & { readonly credential: Credential }) | undefined>
  /** Everybody's credentials of one method, for sealing them anew. The cursor is the identifier. */
  listCredentials(request: PageRequest & { readonly method: CredentialMethod }): Promise<Page<Credential>>
  /** Newest first by id; `search` matches the beginning of the address, `role` one of the roles. */
  listUsers(request: PageRequest & { readonly search?: string; readonly blocked?: boolean }): Promise<Page<User>>

  /** The hot path: one statement, session and user. Judges nothing. */
  findSession(id: SessionId): Promise<{ readonly session: Session; readonly user: User } | undefined>
  /** Sessions not revoked and not past their absolute end, newest first. */
  listSessions(userId: UserId, now: number): Promise<readonly Session[]>

  /** For work that compares no secret, such as sending a code again; the caller checks the handle's digest itself. */
  findChallenge(id: ChallengeId): Promise<Challenge | undefined>
  /** Waiting challenges of one purpose, soonest end first: of one user, or of everybody where they end by `endsBy`. */
  listWaitingChallenges(
    request: { readonly purpose: ChallengePurpose; readonly now: number; readonly limit: number } & (
      | { readonly userId: UserId }
      | { readonly endsBy: number }
    ),
  ): Promise<readonly Challenge[]>
  /** A known device and whose it is, to choose the budget before anything secret is read. */
  findDevice(id: DeviceId): Promise<{ readonly device: Device; readonly email: EmailAddress } | undefined>

  listSigningKeys(): Promise<readonly SigningKey[]>
  /** Changes behind `sequence`, oldest first. */
  listChanges(request: { readonly after: number; readonly limit: number }): Promise<readonly Change[]>
  /** The one of highest sequence among the changes made before `at`: where a reader of the feed begins. */
  lastChangeBefore(at: number): Promise<Change | undefined>

  /** Queued messages whose time has come, those first that have been due longest. */
  dueMessages(now: number, limit: number): Promise<readonly Message[]>
  /** Newest first. */
  listMessages(request: PageRequest & { readonly status?: MessageStatus }): Promise<Page<Message>>
  findMessage(id: MessageId): Promise<Message | undefined>

  /** Newest first, or oldest first with `ascending`. */
  listEvents(
    request: PageRequest & { readonly userId?: UserId; readonly kind?: AuditEventKind; readonly ascending?: boolean },
  ): Promise<Page<AuditEvent>>
  hasEvent(id: EventId): Promise<boolean>
  /** The log in its order, for sealing and verification: events with `after < id <= through`, oldest first. `null` is no bound. */
  listEventRange(request: {
    readonly after: EventId | null
    readonly through: EventId | null
    readonly limit: number
  }): Promise<readonly AuditEvent[]>
  lastSeal(): Promise<AuditSeal | undefined>
  /** Seals behind `after`, lowest sequence first. */
  listSeals(request: { readonly after: number; readonly limit: number }): Promise<readonly AuditSeal[]>

  /** Totals for metrics and `doctor`. */
  counts(now: number): Promise<StoreCounts>
  /** The database's clock in epoch milliseconds; also the cheapest proof that it answers. */
  databaseNow(): Promise<number>
}

/** A user and every credential bound to it. */
export interface Subject {
  readonly user: User
  readonly credentials: readonly Credential[]
}

export interface StoreCounts {
  readonly users: number
  readonly liveSessions: number
  readonly queuedMessages: number
  readonly waitingChallenges: number
}
