import type { SessionRecord, UserRecord } from '../engine/records.ts'
import { table } from './table.ts'

/** A user as `--json` shows it; the shape is stable. */
export interface UserJson {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly blocked: boolean
  readonly createdAt: string
}

export function userJson({ id, email, emailVerifiedAt, name, roles, blockedAt, createdAt }: UserRecord): UserJson {
  return {
    id,
    email,
    emailVerified: emailVerifiedAt !== null,
    name,
    roles,
    blocked: blockedAt !== null,
    createdAt: createdAt.toISOString(),
  }
}

export function userText(user: UserRecord): string {
  return table([
    ['id', user.id],
    ['address', `${clean(user.email)} (${user.emailVerifiedAt === null ? 'not proved' : 'proved'})`],
    ['name', user.name === null ? '–' : clean(user.name)],
    ['roles', user.roles.join(', ') || '–'],
    ['blocked', user.blockedAt === null ? 'no' : `since ${user.blockedAt.toISOString()}`],
    ['created', user.createdAt.toISOString()],
  ])
}

export function usersText(users: readonly UserRecord[]): string {
  if (users.length === 0) return 'No users.\n'
  return table([
    ['ID', 'ADDRESS', 'ROLES', 'STATE', 'CREATED'],
    ...users.map((user) => [
      user.id,
      clean(user.email),
      user.roles.join(',') || '–',
      user.blockedAt !== null ? 'blocked' : user.emailVerifiedAt === null ? 'unproved' : 'open',
      user.createdAt.toISOString(),
    ]),
  ])
}

export interface SessionJson {
  readonly id: string
  readonly mode: 'cookie' | 'token'
  readonly aal: number
  readonly amr: readonly string[]
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly expiresAt: string
  readonly ip: string | null
  readonly userAgent: string | null
}

export function sessionJson(session: SessionRecord): SessionJson {
  const { id, mode, aal, amr, createdAt, lastSeenAt, expiresAt, ip, userAgent } = session
  return {
    id,
    mode,
    aal,
    amr,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ip,
    userAgent,
  }
}

export function sessionsText(sessions: readonly SessionRecord[]): string {
  if (sessions.length === 0) return 'No live sessions.\n'
  return table([
    ['ID', 'MODE', 'AAL', 'LAST SEEN', 'FROM', 'BROWSER'],
    ...sessions.map((session) => [
      session.id,
      session.mode,
      String(session.aal),
      session.lastSeenAt.toISOString(),
      session.ip ?? '–',
      clean(session.userAgent ?? '–').slice(0, 60),
    ]),
  ])
}

/** What strangers wrote must not move the cursor or colour the terminal. */
export function clean(text: string): string {
  return text.replaceAll(/\p{C}/gu, '�')
}
