import type { Core } from '../core/core.ts'
import { minuteMs } from '../platform/clock.ts'
import type { NowOrLater } from '../platform/now-or-later.ts'
import { equal } from '../secrets/equal.ts'
import type { User } from '../user/user.ts'
import { authTimeOf, type AccessTokens } from './access-token.ts'
import type { SessionCache } from './cache/session-cache.ts'
import { judgeSession, type SessionRejection } from './judge-session.ts'
import type { LastSeen } from './last-seen.ts'
import { parseSessionToken } from './session-token.ts'
import type { Session, SessionId } from './session.ts'

export type CheckSessionResult =
  | { readonly ok: true; readonly session: Session; readonly user: User }
  | { readonly ok: false; readonly reason: SessionRejection | 'none' | 'malformed' | 'unknown' }

export interface SessionPorts extends Pick<Core, 'store' | 'clock' | 'keys' | 'settings'> {
  readonly accessTokens: AccessTokens
  readonly lastSeen: LastSeen
  /** Without it the check asks the database, as it must where something is changed by what it finds: turns of a refresh token end no entry. */
  readonly sessionCache?: SessionCache | undefined
}

/** The hot path: one statement, or none while the cache may answer. A bearer token stands before a cookie, because a caller that sends one means it. */
export function checkSession(
  ports: SessionPorts,
  presented: { readonly sessionToken: string | undefined; readonly accessToken: string | undefined },
): NowOrLater<CheckSessionResult> {
  if (presented.accessToken !== undefined) return checkAccessToken(ports, presented.accessToken)
  if (presented.sessionToken !== undefined) return checkSessionToken(ports, presented.sessionToken)
  return { ok: false, reason: 'none' }
}

function checkSessionToken(ports: SessionPorts, text: string): NowOrLater<CheckSessionResult> {
  const token = parseSessionToken(ports.keys, text)
  if (token === undefined) return { ok: false, reason: 'malformed' }
  const { id, digest } = token
  return findAndJudge(ports, id, ({ session }) => session.secretDigest !== null && equal(session.secretDigest, digest))
}

async function checkAccessToken(ports: SessionPorts, token: string): Promise<CheckSessionResult> {
  const claims = await ports.accessTokens.verify(token)
  if (!claims.ok) return { ok: false, reason: 'malformed' }
  const { sessionId, userId, authTime } = claims
  return findAndJudge(
    ports,
    sessionId,
    ({ session, user }) => session.mode === 'token' && user.id === userId && authTimeOf(session) === authTime,
  )
}

interface Found {
  readonly session: Session
  readonly user: User
}

/** What is cached may only say yes: whatever it would refuse is asked of the database, where it may have been changed meanwhile. */
function findAndJudge(
  ports: SessionPorts,
  id: SessionId,
  isPresented: (found: Found) => boolean,
): NowOrLater<CheckSessionResult> {
  const { clock, lastSeen, sessionCache } = ports
  const now = clock.now()
  const cached = sessionCache?.find(id)
  if (cached === undefined || !isPresented(cached) || judgeSession(ports, cached, now) !== undefined) {
    return askAndJudge(ports, id, isPresented)
  }
  const { session, user } = cached
  if (now - cached.notedAt >= minuteMs && lastSeen.note(session, now)) cached.notedAt = now
  return { ok: true, session, user }
}

async function askAndJudge(
  { store, clock, settings, lastSeen, sessionCache }: SessionPorts,
  id: SessionId,
  isPresented: (found: Found) => boolean,
): Promise<CheckSessionResult> {
  const fill = sessionCache?.beginFill(id)
  try {
    const found = await store.findSession(id)
    if (found === undefined || !isPresented(found)) return { ok: false, reason: 'unknown' }
    const foundAt = clock.now()
    const rejection = judgeSession({ settings }, found, foundAt)
    if (rejection !== undefined) return { ok: false, reason: rejection }
    fill?.keep(found)
    lastSeen.note(found.session, foundAt)
    return { ok: true, session: found.session, user: found.user }
  } finally {
    fill?.end()
  }
}
