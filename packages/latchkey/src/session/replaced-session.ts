import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { reveal } from '../platform/redacted.ts'
import { equal } from '../secrets/equal.ts'
import type { Write } from '../store/writes.ts'
import type { User } from '../user/user.ts'
import { judgeSession } from './judge-session.ts'
import { parseSessionToken } from './session-token.ts'
import type { Session } from './session.ts'

/** A live session whose cookie is about to be overwritten by another one. */
export interface ReplacedSession {
  readonly session: Session
  readonly user: User
}

/** The session that this browser holds already, when its secret is right and it lives: whoever knows an id alone ends nothing. */
export async function findReplacedSession(
  core: Core,
  { browserSession }: RequestContext,
): Promise<ReplacedSession | undefined> {
  const token = browserSession === undefined ? undefined : parseSessionToken(core.keys, reveal(browserSession))
  if (token === undefined) return undefined
  const found = await core.store.findSession(token.id)
  if (found?.session.secretDigest == null || !equal(found.session.secretDigest, token.digest)) return undefined
  return judgeSession(core, found, core.clock.now()) === undefined ? found : undefined
}

/** Ends it (ASVS 7.2.4): its cookie is gone from the browser, so that nobody but a thief could still present it. */
export function replacingWrites(
  core: Core,
  context: RequestContext,
  { session, user }: ReplacedSession,
): readonly Write[] {
  return [
    { kind: 'revokeSession', sessionId: session.id, userId: user.id, reason: 'replaced' },
    appendEvent(core, context, {
      kind: 'session.revoked',
      user,
      sessionId: session.id,
      data: { reason: 'replaced' },
    }),
  ]
}
