import type { Core } from '../core/core.ts'
import type { User } from '../user/user.ts'
import { judgeSession } from './judge-session.ts'
import type { Session } from './session.ts'

/** The sessions of `user` that a check would let in now, newest first: what people, administrators and the library are shown. */
export async function listLiveSessions(
  core: Pick<Core, 'store' | 'clock' | 'settings'>,
  user: User,
): Promise<readonly Session[]> {
  const now = core.clock.now()
  const sessions = await core.store.listSessions(user.id, now)
  return sessions.filter((session) => judgeSession(core, { session, user }, now) === undefined)
}
