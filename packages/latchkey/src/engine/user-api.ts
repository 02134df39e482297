import { rawPassword } from '../credential/hashing/raw-password.ts'
import type { PasswordRejection } from '../credential/policy/check-password.ts'
import type { MethodPorts } from '../methods/method.ts'
import { hourMs } from '../platform/clock.ts'
import { toDate } from '../platform/timestamp.ts'
import { cancelReset, maxResetDelayHours } from '../recovery/pending-reset.ts'
import { resetFactors } from '../recovery/reset-factors.ts'
import { listLiveSessions } from '../session/list-sessions.ts'
import { revokeAllSessions, revokeOneSession } from '../session/revoke-sessions.ts'
import { parseSessionId } from '../session/session.ts'
import {
  blockUser,
  createUser,
  deleteUser,
  markEmailVerified,
  setRoles,
  unblockUser,
  type Acting,
  type ManageResult,
} from '../user/manage-users.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { parseUserId, type User } from '../user/user.ts'
import { sessionRecord, userRecord, type SessionRecord, type UserRecord } from './records.ts'

export type DoneResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'not_found' | 'not_applicable' }

export type NewUserResult =
  | { readonly ok: true; readonly user: UserRecord }
  | { readonly ok: false; readonly reason: 'invalid_email' | 'email_taken' | 'too_long' | PasswordRejection }

/** What an application's own server code does with users. Every change is in the audit log under `actorId`. */
export interface UserApi {
  find(userId: string): Promise<UserRecord | undefined>
  findByEmail(email: string): Promise<UserRecord | undefined>
  /** Newest first. `search` is the beginning of the address. */
  list(request?: {
    /** 1 to 200, default 50; what lies outside counts as the nearest. */
    readonly limit?: number
    readonly cursor?: string
    readonly search?: string
    readonly blocked?: boolean
  }): Promise<{ readonly users: readonly UserRecord[]; readonly nextCursor: string | null }>
  create(user: {
    readonly email: string
    readonly password?: string
    readonly name?: string
    readonly roles?: readonly string[]
    /** You vouch that the person owns the address. Default false: the first proof by mail verifies it. */
    readonly emailVerified?: boolean
  }): Promise<NewUserResult>
  /** Ends every session too. */
  block(userId: string, reason?: string): Promise<DoneResult>
  unblock(userId: string): Promise<DoneResult>
  setRoles(userId: string, roles: readonly string[]): Promise<DoneResult>
  verifyEmail(userId: string): Promise<DoneResult>
  /**
   * Removes authenticator app, recovery codes and passkeys of a person who lost them, ends every session and mails the owner. With `delayHours` (up to 720) it
   * waits: the owner is told at once, and stops it by signing in with a factor.
   *
   * Security: this is weaker than every factor. Make sure who asks before you call it.
   *
   * @throws RangeError for a delay that is no whole number from 0 to 720
   * @example await auth.users.resetFactors(user.id, { reason: 'ticket 4711, identity checked by phone', delayHours: 24 })
   */
  resetFactors(
    userId: string,
    options?: { readonly reason?: string; readonly delayHours?: number },
  ): Promise<ResetFactorsRecord>
  /** Stops a reset that waits. `not_applicable`: none does. */
  cancelFactorsReset(userId: string): Promise<DoneResult>
  delete(userId: string): Promise<DoneResult>
}

export type ResetFactorsRecord =
  /** `notBefore`: when it will happen; `null`: it has. */
  | { readonly ok: true; readonly notBefore: Date | null }
  | { readonly ok: false; readonly reason: 'not_found' | 'not_enrolled' }

export interface SessionApi {
  list(userId: string): Promise<readonly SessionRecord[]>
  revoke(userId: string, sessionId: string): Promise<DoneResult>
  revokeAll(userId: string): Promise<DoneResult>
}

const largestPage = 200

export function createUserApi(ports: MethodPorts, acting: Acting): UserApi {
  const { store } = ports
  const withUser = (userId: string, work: (user: User) => Promise<ManageResult>): Promise<DoneResult> =>
    onUser(ports, userId, async (user) => {
      const result = await work(user)
      return result.ok
        ? { ok: true }
        : { ok: false, reason: result.reason === 'unknown_user' ? 'not_found' : 'not_applicable' }
    })
  return {
    async find(userId) {
      const id = parseUserId(userId)
      const user = id === undefined ? undefined : await store.findUser(id)
      return user && userRecord(user)
    },
    async findByEmail(email) {
      const address = parseEmailAddress(email)
      const user = address === undefined ? undefined : await store.findUserByEmail(address)
      return user && userRecord(user)
    },
    async list({ limit = 50, cursor, search, blocked } = {}) {
      const page = await store.listUsers({
        limit: Math.min(largestPage, Math.max(1, Math.trunc(limit) || 1)),
        ...(cursor === undefined ? {} : { cursor }),
        ...(search === undefined ? {} : { search: search.trim().toLowerCase() }),
        ...(blocked === undefined ? {} : { blocked }),
      })
      return { users: page.items.map(userRecord), nextCursor: page.nextCursor }
    },
    async create(input) {
      const email = parseEmailAddress(input.email)
      if (email === undefined) return { ok: false, reason: 'invalid_email' }
      const password =
        input.password === undefined ? null : rawPassword(input.password, ports.settings.password.maxLength)
      if (password === undefined) return { ok: false, reason: 'too_long' }
      const rejection = password === null ? undefined : await ports.passwordPolicy.check(password, email)
      if (rejection !== undefined) return { ok: false, reason: rejection }
      const created = await createUser(ports, acting, {
        email,
        password,
        name: input.name ?? null,
        roles: input.roles ?? [],
        verified: input.emailVerified ?? false,
      })
      return created.ok ? { ok: true, user: userRecord(created.user) } : created
    },
    block: (userId, reason) => withUser(userId, (user) => blockUser(ports, acting, user, reason ?? null)),
    unblock: (userId) => withUser(userId, (user) => unblockUser(ports, acting, user)),
    setRoles: (userId, roles) => withUser(userId, (user) => setRoles(ports, acting, user, roles)),
    verifyEmail: (userId) => withUser(userId, (user) => markEmailVerified(ports, acting, user)),
    async resetFactors(userId, { reason, delayHours = 0 } = {}) {
      if (!Number.isSafeInteger(delayHours) || delayHours < 0 || delayHours > maxResetDelayHours)
        throw new RangeError(`delayHours must be a whole number from 0 to ${maxResetDelayHours}`)
      const id = parseUserId(userId)
      const user = id === undefined ? undefined : await store.findUser(id)
      if (user === undefined) return { ok: false, reason: 'not_found' }
      const reset = await resetFactors(ports, acting, user, { reason: reason ?? null, delayMs: delayHours * hourMs })
      if (reset.ok) return { ok: true, notBefore: reset.notBefore === null ? null : toDate(reset.notBefore) }
      return { ok: false, reason: reset.reason === 'not_enrolled' ? 'not_enrolled' : 'not_found' }
    },
    cancelFactorsReset: (userId) =>
      onUser(ports, userId, async (user) =>
        (await cancelReset(ports, acting, user)).ok ? { ok: true } : { ok: false, reason: 'not_applicable' },
      ),
    delete: (userId) => withUser(userId, (user) => deleteUser(ports, acting, user)),
  }
}

export function createSessionApi(ports: MethodPorts, { context, actorId }: Acting): SessionApi {
  return {
    async list(userId) {
      const id = parseUserId(userId)
      const user = id === undefined ? undefined : await ports.store.findUser(id)
      return user === undefined ? [] : (await listLiveSessions(ports, user)).map(sessionRecord)
    },
    revoke: (userId, sessionId) =>
      onUser(ports, userId, async (user) => {
        const id = parseSessionId(sessionId)
        if (id === undefined) return { ok: false, reason: 'not_found' }
        return revokeOneSession(ports, context, { user, sessionId: id, reason: 'revoked_by_admin', actorId })
      }),
    revokeAll: (userId) =>
      onUser(ports, userId, async (user) => {
        await revokeAllSessions(ports, context, { user, keep: null, reason: 'revoked_by_admin', actorId })
        return { ok: true }
      }),
  }
}

async function onUser(
  ports: MethodPorts,
  userId: string,
  work: (user: User) => Promise<DoneResult>,
): Promise<DoneResult> {
  const id = parseUserId(userId)
  const user = id === undefined ? undefined : await ports.store.findUser(id)
  return user === undefined ? { ok: false, reason: 'not_found' } : work(user)
}
