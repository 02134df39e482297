import { aalOf, type AmrEntry } from '../assurance/assurance.ts'
import { provesEnrolled } from '../assurance/factor-policy.ts'
import { appendEvent } from '../audit/append-event.ts'
import type { Challenge } from '../challenge/challenge.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { Credential } from '../credential/credential.ts'
import { dayMs } from '../platform/clock.ts'
import type { Write } from '../store/writes.ts'
import type { Acting } from '../user/manage-users.ts'
import type { User } from '../user/user.ts'

/** A reset that waits falls due so long before its row ends: a server that was off for weeks still does it. */
export const lastsMs: number = 30 * dayMs

/** No delay is longer, in hours: what is asked for today should happen while somebody remembers. */
export const maxResetDelayHours = 720

export function dueAt({ expiresAt }: Pick<Challenge, 'expiresAt'>): number {
  return expiresAt - lastsMs
}

/** The reset of the person's factors that waits for its time, if there is one. */
export async function findPendingReset(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  { id: userId }: Pick<User, 'id'>,
): Promise<Challenge | undefined> {
  const request = { purpose: 'factors-reset', userId, now: clock.now(), limit: 1 } as const
  return (await store.listWaitingChallenges(request))[0]
}

export type CancelResetResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'not_found' }

/** An administrator stops it. */
export async function cancelReset(core: Core, { context, actorId }: Acting, user: User): Promise<CancelResetResult> {
  const pending = await findPendingReset(core, user)
  if (pending === undefined) return { ok: false, reason: 'not_found' }
  const committed = await core.store.commit(
    [
      { kind: 'consumeChallenge', challengeId: pending.id },
      appendEvent(core, context, { kind: 'factors.reset_cancelled', user, actorId, data: { by: 'admin' } }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'not_found' }
}

/** Whoever gives an enrolled factor, or reaches AAL2 by a verified passkey, has not lost everything: what stops a reset that waits, for the commit that the proofs are for. */
export async function stoppedReset(
  core: Core,
  context: RequestContext,
  {
    user,
    credentials,
    proofs,
  }: { readonly user: User; readonly credentials: readonly Credential[]; readonly proofs: readonly AmrEntry[] },
): Promise<readonly Write[]> {
  if (!provesEnrolled(credentials, proofs) && aalOf(proofs) < 2) return []
  if ((await findPendingReset(core, user)) === undefined) return []
  return [
    { kind: 'cancelChallenges', userId: user.id, purposes: ['factors-reset'] },
    appendEvent(core, context, { kind: 'factors.reset_cancelled', user, data: { by: 'owner' } }),
  ]
}
