import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { toBase64Url } from '../platform/bytes.ts'
import { equal } from '../secrets/equal.ts'
import type { User } from '../user/user.ts'
import { judgeSession } from './judge-session.ts'
import { parseRefreshToken, successorOf, type RefreshToken } from './refresh-token.ts'
import type { Session } from './session.ts'

export type RefreshResult =
  | { readonly ok: true; readonly refreshToken: string; readonly session: Session }
  /** `unknown` has no effect on anything; `replayed` ended the session. Outside both read the same. */
  | { readonly ok: false; readonly reason: 'unknown' | 'replayed' }

/** One turn of a refresh token: a single guarded commit when it is the current one (RFC 9700 section 4.14.2). */
export async function refreshSession(core: Core, context: RequestContext, presented: string): Promise<RefreshResult> {
  const { store, clock, keys, random, settings } = core
  const token = parseRefreshToken(keys, presented)
  if (token === undefined) return { ok: false, reason: 'unknown' }
  const now = clock.now()
  const found = await store.findSession(token.sessionId)
  // Knowing a session id ends nobody's session: without the family secret nothing happens.
  if (found?.session.familyDigest == null || !equal(found.session.familyDigest, token.familyDigest))
    return { ok: false, reason: 'unknown' }
  if (judgeSession(core, found, now) !== undefined) return { ok: false, reason: 'unknown' }

  const salt = toBase64Url(random.bytes(16))
  const next = successorOf(keys, token, salt)
  const turned = await store.commit(
    [
      {
        kind: 'rotateRefresh',
        sessionId: token.sessionId,
        familyDigest: token.familyDigest,
        turnDigest: token.turnDigest,
        nextTurnDigest: next.turnDigest,
        salt,
        idleAfter: now - settings.session.idleMs,
      },
      appendEvent(core, context, { kind: 'session.refreshed', user: found.user, sessionId: token.sessionId }),
    ],
    now,
  )
  if (turned.ok) return { ok: true, refreshToken: next.text, session: found.session }
  const after = await store.findSession(token.sessionId)
  return after === undefined ? { ok: false, reason: 'unknown' } : judgeLostTurn(core, context, token, after, now)
}

/** The turn was not ours to take: a second tab inside the grace, a replay, or a session that ended in between. */
async function judgeLostTurn(
  core: Core,
  context: RequestContext,
  token: RefreshToken,
  { session, user }: { readonly session: Session; readonly user: User },
  now: number,
): Promise<RefreshResult> {
  const { turnDigest, previousTurnDigest, turnSalt, turnedAt } = session
  if (judgeSession(core, { session, user }, now) !== undefined) return { ok: false, reason: 'unknown' }
  if (turnDigest !== null && equal(turnDigest, token.turnDigest)) return { ok: false, reason: 'unknown' }

  const isPredecessor = previousTurnDigest !== null && equal(previousTurnDigest, token.turnDigest)
  if (
    isPredecessor &&
    turnSalt !== null &&
    turnedAt !== null &&
    Math.abs(now - turnedAt) < core.settings.session.refreshGraceMs
  ) {
    const successor = successorOf(core.keys, token, turnSalt)
    if (turnDigest !== null && equal(successor.turnDigest, turnDigest)) {
      return { ok: true, refreshToken: successor.text, session }
    }
  }
  await core.store.commit(
    [
      { kind: 'revokeSession', sessionId: session.id, userId: session.userId, reason: 'refresh_replayed' },
      { kind: 'appendChange', userId: session.userId, sessionId: session.id },
      appendEvent(core, context, { kind: 'refresh.replay_detected', user, sessionId: session.id }),
      enqueueMessage(core, {
        template: 'refresh-replayed',
        to: user.email,
        userId: user.id,
        locale: user.locale,
        data: { ip: context.ip, userAgent: context.userAgent, at: now },
      }),
    ],
    now,
  )
  // Lost: another caller revoked it first and wrote the one event of this family.
  return { ok: false, reason: 'replayed' }
}
