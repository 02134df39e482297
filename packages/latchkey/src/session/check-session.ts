import type { Core } from '../core/core.ts'
import { equal } from '../secrets/equal.ts'
import type { User } from '../user/user.ts'
import type { AccessTokens } from './access-token.ts'
import { judgeSession, type SessionRejection } from './judge-session.ts'
import type { LastSeen } from './last-seen.ts'
import { parseSessionId, type Session } from './session.ts'

export type CheckSessionResult =
  | { readonly ok: true; readonly session: Session; readonly user: User }
  | { readonly ok: false; readonly reason: SessionRejection | 'none' | 'malformed' | 'unknown' }

export interface SessionPorts extends Pick<Core, 'store' | 'clock' | 'keys' | 'settings'> {
  readonly accessTokens: AccessTokens
  readonly lastSeen: LastSeen
}

/** The hot path: one statement. A bearer token stands before a cookie, because a caller that sends one means it. */
export async function checkSession(
  ports: SessionPorts,
  presented: { readonly sessionToken: string | undefined; readonly accessToken: string | undefined },
): Promise<CheckSessionResult> {
  if (presented.accessToken !== undefined) return checkAccessToken(ports, presented.accessToken)
  if (presented.sessionToken !== undefined) return checkSessionToken(ports, presented.sessionToken)
  return { ok: false, reason: 'none' }
}

async function checkSessionToken(ports: SessionPorts, text: string): Promise<CheckSessionResult> {
  const dot = text.indexOf('.')
  const id = dot === 36 ? parseSessionId(text.slice(0, 36)) : undefined
  if (id === undefined) return { ok: false, reason: 'malformed' }
  const digest = ports.keys.digestToken('session', text.slice(37))
  if (digest === undefined) return { ok: false, reason: 'malformed' }
  const found = await ports.store.findSession(id)
  if (found?.session.secretDigest == null || !equal(found.session.secretDigest, digest))
    return { ok: false, reason: 'unknown' }
  return judge(ports, found)
}

async function checkAccessToken(ports: SessionPorts, token: string): Promise<CheckSessionResult> {
  const claims = await ports.accessTokens.verify(token)
  if (!claims.ok) return { ok: false, reason: 'malformed' }
  const found = await ports.store.findSession(claims.sessionId)
  if (found?.session.mode !== 'token' || found.user.id !== claims.userId) return { ok: false, reason: 'unknown' }
  return judge(ports, found)
}

function judge(ports: SessionPorts, found: { readonly session: Session; readonly user: User }): CheckSessionResult {
  const now = ports.clock.now()
  const rejection = judgeSession(ports, found, now)
  if (rejection !== undefined) return { ok: false, reason: rejection }
  ports.lastSeen.note(found.session, now)
  return { ok: true, session: found.session, user: found.user }
}
