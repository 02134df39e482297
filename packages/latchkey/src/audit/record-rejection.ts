import { appendEvent } from './append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { User } from '../user/user.ts'

export interface Rejection {
  /** Inside, as fine as it is known. */
  readonly reason: string
  /** Id of the method, where one was at work. */
  readonly method?: string
  /** Whose account it concerns, when that user exists. */
  readonly user?: User | undefined
  /** The address that was given. */
  readonly email?: string
}

/** Every refused step of a sign-in leaves one event (ASVS 16.3.1): `login.limited` where a limit refused it, `login.failure` otherwise. */
export async function recordRejection(
  core: Pick<Core, 'store' | 'keys' | 'ids' | 'clock' | 'random'>,
  context: RequestContext,
  { reason, method, user, email }: Rejection,
): Promise<void> {
  await core.store.commit(
    [
      appendEvent(core, context, {
        kind: reason === 'over_limit' ? 'login.limited' : 'login.failure',
        user,
        data: { ...(method === undefined ? {} : { method }), reason },
        ...(email === undefined ? {} : { email }),
      }),
    ],
    core.clock.now(),
  )
}
