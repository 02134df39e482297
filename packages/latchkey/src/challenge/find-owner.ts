import type { Core } from '../core/core.ts'
import { brand } from '../platform/brand.ts'
import type { User, UserId } from '../user/user.ts'
import type { Challenge } from './challenge.ts'

/**
 * Whose challenge it is, for the audit log and the language of a mail. Where it is nobody's, nobody is asked for: the statements are the
 * same for an unknown address (design rule 8).
 */
export function findOwner(
  { store, ids }: Pick<Core, 'store' | 'ids'>,
  { userId }: Pick<Challenge, 'userId'>,
): Promise<User | undefined> {
  return store.findUser(userId ?? brand<UserId>(ids.next()))
}
