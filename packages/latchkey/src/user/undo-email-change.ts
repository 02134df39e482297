import { appendEvent } from '../audit/append-event.ts'
import { mayRecordRefusal } from '../audit/record-rejection.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../challenge/handle.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { findPendingReset } from '../recovery/pending-reset.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import { maskEmailAddress } from './email-address.ts'
import type { User } from './user.ts'

export type UndoEmailChangeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'attempt_over' | 'conflict' }

/**
 * The way back, from the mail to the old address: it needs no session, because whoever changed the address may hold them all. The old address comes
 * back whatever it was changed to since; every session and whatever is pending ends; nobody is signed in, and no factor is touched. A way back that was
 * given out later dies with it, an earlier one does not: so the first address always wins over one that came after it. A reset of the second factors that was
 * asked for since is over too: whoever asked was written to at the address that goes.
 */
export async function undoEmailChange(
  core: Core,
  context: RequestContext,
  token: string,
): Promise<UndoEmailChangeResult> {
  const { store, clock, keys } = core
  const now = clock.now()
  const handle = parseHandle(keys, token)
  if (handle === undefined) return reject('attempt_over', undefined)
  const charge = attemptCharge(keys, handle, { binding: undefined, purposes: ['email-change-undo'] })
  const charged = await store.charge([charge], now)
  const challenge = charged.ok ? charged.challenge : null
  if (challenge?.userId == null) return reject('attempt_over', undefined)
  const { from } = openChallengeData(keys, 'email-change-undo', challenge)
  const user = await store.findUser(challenge.userId)
  if (user === undefined) return reject('attempt_over', undefined)
  const reset = await findPendingReset(core, user)
  const { ip, userAgent } = context
  const told = new Set([from, user.email])
  const committed = await store.commit(
    [
      { kind: 'consumeChallenge', challengeId: challenge.id },
      { kind: 'changeEmail', userId: user.id, from: user.email, to: from },
      ...endingWrites(user, null, 'email_change_undone'),
      {
        kind: 'cancelChallenges',
        userId: user.id,
        purposes: ['email-change-undo', 'factors-reset'],
        issuedSinceAt: challenge.createdAt,
      },
      ...[...told].map((to) =>
        enqueueMessage(core, {
          template: 'email-restored',
          to,
          userId: user.id,
          locale: user.locale,
          data: { ip, userAgent, at: now, address: maskEmailAddress(from) },
        }),
      ),
      appendEvent(core, context, { kind: 'email.change_undone', user, email: from }),
      ...(reset === undefined || reset.createdAt < challenge.createdAt
        ? []
        : [appendEvent(core, context, { kind: 'factors.reset_cancelled', user, data: { by: 'email.change_undone' } })]),
    ],
    now,
  )
  if (committed.ok) return { ok: true }
  return reject(committed.lost.reason === 'email_taken' ? 'conflict' : 'attempt_over', user)

  async function reject(reason: 'attempt_over' | 'conflict', user: User | undefined): Promise<UndoEmailChangeResult> {
    if (await mayRecordRefusal(core, context, reason))
      await store.commit(
        [appendEvent(core, context, { kind: 'email.change_failed', user, data: { reason, undo: true } })],
        clock.now(),
      )
    return { ok: false, reason }
  }
}
