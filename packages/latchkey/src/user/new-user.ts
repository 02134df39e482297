import type { Core } from '../core/core.ts'
import { brand } from '../platform/brand.ts'
import { mintPersonKey } from '../secrets/person-key.ts'
import type { EmailAddress } from './email-address.ts'
import type { User, UserId } from './user.ts'

export interface NewUser {
  /** Where it was promised before the user existed. */
  readonly id?: UserId
  readonly email: EmailAddress
  readonly name: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  /** Whether the address was proved in the commit that makes the user. */
  readonly verified: boolean
}

export function newUser(
  { ids, clock, keys, random }: Pick<Core, 'ids' | 'clock' | 'keys' | 'random'>,
  { id: given, email, name, locale, roles, verified }: NewUser,
): User {
  const id = given ?? brand<UserId>(ids.next())
  const now = clock.now()
  return {
    id,
    email,
    emailVerifiedAt: verified ? now : null,
    name,
    locale,
    roles,
    epoch: 0,
    blockedAt: null,
    blockedReason: null,
    personKey: mintPersonKey(keys, random, id),
    createdAt: now,
    updatedAt: now,
  }
}
