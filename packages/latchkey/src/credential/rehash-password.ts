import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { User } from '../user/user.ts'
import type { Credential } from './credential.ts'
import type { PasswordHasher, RawPassword } from './hashing/password-hasher.ts'

/**
 * Renews a weak hash after a good sign-in, off the request path. Compare-and-set on the old hash: a password that was changed meanwhile
 * is never overwritten by the older one.
 */
export async function rehashPassword(
  core: Core & { readonly hasher: PasswordHasher },
  context: RequestContext,
  {
    user,
    credential,
    password,
  }: { readonly user: User; readonly credential: Credential; readonly password: RawPassword },
): Promise<void> {
  if (credential.secret === null) return
  const hash = await core.hasher.hash(password, context.network)
  await core.store.commit(
    [
      { kind: 'replaceCredentialSecret', credentialId: credential.id, from: credential.secret, to: hash },
      appendEvent(core, context, { kind: 'password.rehash', user }),
    ],
    core.clock.now(),
  )
}
