import { appendEvent } from './append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { refusalCharges } from '../throttle/charges.ts'
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

/**
 * Every refused step of a sign-in leaves one event (ASVS 16.3.1): `login.limited` where a limit refused it, `login.failure` otherwise. Refusals that cost
 * the caller nothing, past a limit or with a handle of nobody, are written up to a ceiling a network: nobody fills the log by knocking.
 */
export async function recordRejection(
  core: Pick<Core, 'store' | 'keys' | 'ids' | 'clock' | 'random' | 'settings'>,
  context: RequestContext,
  { reason, method, user, email }: Rejection,
): Promise<void> {
  if (!(await mayRecordRefusal(core, context, reason))) return
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

/** Whether a refusal is written down: always where it has used up a budget, up to the ceiling where it has not. */
export async function mayRecordRefusal(
  core: Pick<Core, 'store' | 'clock' | 'settings'>,
  context: RequestContext,
  reason: string,
): Promise<boolean> {
  if (!free.has(reason)) return true
  return (await core.store.charge(refusalCharges(core, context), core.clock.now())).ok
}

const free: ReadonlySet<string> = new Set([
  'over_limit',
  'attempt_over',
  'factor_not_accepted',
  'ticket_over',
  'unknown',
  'invitation_over',
  'code_required',
])
