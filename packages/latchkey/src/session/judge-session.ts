import type { Core } from '../core/core.ts'
import type { User } from '../user/user.ts'
import type { Session } from './session.ts'

export type SessionRejection = 'revoked' | 'expired' | 'idle' | 'epoch_changed' | 'blocked'

/** Whether a session of right secret lives, in the one place where that is decided. `undefined`: it does. */
export function judgeSession(
  { settings }: Pick<Core, 'settings'>,
  { session, user }: { readonly session: Session; readonly user: User },
  now: number,
): SessionRejection | undefined {
  if (session.revokedAt !== null) return 'revoked'
  if (session.expiresAt <= now) return 'expired'
  if (session.lastSeenAt + settings.session.idleMs <= now) return 'idle'
  if (session.epoch !== user.epoch) return 'epoch_changed'
  if (user.blockedAt !== null) return 'blocked'
  return undefined
}
