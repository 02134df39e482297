import type { UserId } from '../user/user.ts'
import type { SessionId } from './session.ts'

/** Something was taken away: a cache of sessions must forget what matches. Appended in the commit that takes it (design section 4). */
export interface Change {
  readonly sequence: number
  readonly userId: UserId
  /** `null`: every session of the user. */
  readonly sessionId: SessionId | null
  readonly at: number
}
