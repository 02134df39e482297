import type { Aal } from '../assurance/assurance.ts'
import { toDate } from '../platform/timestamp.ts'
import type { Session } from '../session/session.ts'
import type { User } from '../user/user.ts'

/** A user as the library gives it: times are `Date`, secrets are not there. */
export interface UserRecord {
  readonly id: string
  readonly email: string
  readonly emailVerifiedAt: Date | null
  readonly name: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  readonly blockedAt: Date | null
  readonly createdAt: Date
}

export interface SessionRecord {
  readonly id: string
  readonly userId: string
  readonly mode: 'cookie' | 'token'
  readonly aal: Aal
  readonly amr: readonly string[]
  readonly authenticatedAt: Date
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
  readonly ip: string | null
  readonly userAgent: string | null
}

export function userRecord(user: User): UserRecord {
  const { id, email, name, locale, roles } = user
  return {
    id,
    email,
    name,
    locale,
    roles,
    emailVerifiedAt: toDateOrNull(user.emailVerifiedAt),
    blockedAt: toDateOrNull(user.blockedAt),
    createdAt: toDate(user.createdAt),
  }
}

export function sessionRecord(session: Session): SessionRecord {
  const { id, userId, mode, aal, ip, userAgent } = session
  return {
    id,
    userId,
    mode,
    aal,
    ip,
    userAgent,
    amr: [...new Set(session.amr.map((entry) => entry.amr))],
    authenticatedAt: toDate(session.authenticatedAt),
    createdAt: toDate(session.createdAt),
    lastSeenAt: toDate(session.lastSeenAt),
    expiresAt: toDate(session.expiresAt),
  }
}

function toDateOrNull(at: number | null): Date | null {
  return at === null ? null : toDate(at)
}
