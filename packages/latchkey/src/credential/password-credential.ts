import type { Core } from '../core/core.ts'
import { brand } from '../platform/brand.ts'
import type { UserId } from '../user/user.ts'
import type { Credential, CredentialId } from './credential.ts'

/** A password credential: one a user, because its identifier is the user's id. */
export function newPasswordCredential(
  { ids, clock }: Pick<Core, 'ids' | 'clock'>,
  userId: UserId,
  hash: string,
): Credential {
  const now = clock.now()
  return {
    id: brand<CredentialId>(ids.next()),
    userId,
    method: 'password',
    identifier: userId,
    secret: hash,
    data: '{}',
    confirmedAt: now,
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    counter: 0,
  }
}
