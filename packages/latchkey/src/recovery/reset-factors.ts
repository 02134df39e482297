import { appendEvent } from '../audit/append-event.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import type { Challenge } from '../challenge/challenge.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import type { Core } from '../core/core.ts'
import { noContext, type RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { CredentialMethod } from '../credential/credential.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { toIsoTimestamp } from '../platform/timestamp.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { Subject } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import { accountKey } from '../throttle/charges.ts'
import type { Acting } from '../user/manage-users.ts'
import type { User } from '../user/user.ts'
import { lastsMs } from './pending-reset.ts'

/** Whoever lost everything lost the passkeys too, those of usage `primary` among them. Password and identities stay: they are the way back in. */
const resetMethods: readonly CredentialMethod[] = ['totp', 'recovery-code', 'passkey']

export type ResetFactorsResult =
  /** `notBefore`: when it will happen, epoch milliseconds; `null`: it has. */
  | { readonly ok: true; readonly notBefore: number | null }
  | { readonly ok: false; readonly reason: 'not_enrolled' | 'unknown_user' }

/**
 * The one way back for a person who lost every factor (design section 6): an administrator removes them; every session ends, the owner is told. With a delay the
 * owner is told at once, and whoever still has a factor stops it by signing in with it. A later request takes the place of one that waits.
 */
export async function resetFactors(
  core: Core,
  { context, actorId }: Acting,
  user: User,
  { reason, delayMs }: { readonly reason: string | null; readonly delayMs: number },
): Promise<ResetFactorsResult> {
  const { store, clock } = core
  const now = clock.now()
  const subject = await store.findSubject(user.id)
  if (subject === undefined) return { ok: false, reason: 'unknown_user' }
  if (!hasAny(subject)) return { ok: false, reason: 'not_enrolled' }
  const older: Write = { kind: 'cancelChallenges', userId: user.id, purposes: ['factors-reset'] }
  const notBefore = delayMs > 0 ? now + delayMs : null
  const committed = await store.commit(
    notBefore === null
      ? [older, ...resetWrites(core, context, subject.user, { actorId, note: reason })]
      : [older, ...pendingWrites(core, { context, actorId }, subject.user, { reason, notBefore })],
    now,
  )
  return committed.ok ? { ok: true, notBefore } : { ok: false, reason: 'unknown_user' }
}

/** Does what has fallen due; for the janitor. Several may run at once: a reset is spent in the commit that does it. The number that was done. */
export async function runDueResets(core: Core): Promise<number> {
  const { store, clock } = core
  const batch = 100
  let done = 0
  for (let found = batch; found === batch;) {
    const now = clock.now()
    const due = await store.listWaitingChallenges({
      purpose: 'factors-reset',
      now,
      endsBy: now + lastsMs,
      limit: batch,
    })
    found = due.length
    for (const challenge of due) if (await runReset(core, challenge, now)) done += 1
  }
  return done
}

async function runReset(core: Core, challenge: Challenge, now: number): Promise<boolean> {
  const { store } = core
  const subject = challenge.userId === null ? undefined : await store.findSubject(challenge.userId)
  const { actorId: requestedBy, reason: note } = openRequest(core, challenge)
  const isNeeded = subject !== undefined && hasAny(subject)
  const committed = await store.commit(
    [
      { kind: 'consumeChallenge', challengeId: challenge.id },
      ...(isNeeded
        ? resetWrites(core, noContext, subject.user, { actorId: 'system', note, data: { requestedBy } })
        : []),
    ],
    now,
  )
  return committed.ok && isNeeded
}

/** A reset that was asked for under a secret that is gone by now still happens; only who asked is not known any more. */
function openRequest(
  { keys }: Core,
  challenge: Challenge,
): { readonly actorId: string; readonly reason: string | null } {
  try {
    return openChallengeData(keys, 'factors-reset', challenge)
  } catch (fault) {
    if (fault instanceof LatchkeyError) return { actorId: 'unknown', reason: null }
    throw fault
  }
}

function resetWrites(
  core: Core,
  context: RequestContext,
  user: User,
  by: {
    readonly actorId: string
    readonly note: string | null
    readonly data?: Readonly<Record<string, string>>
  },
): readonly Write[] {
  const { email: to, id: userId, locale } = user
  return [
    ...endingWrites(user, null, 'factors_reset'),
    { kind: 'removeCredentials', userId, methods: resetMethods },
    enqueueMessage(core, { template: 'factors-reset', to, userId, locale, data: { at: core.clock.now() } }),
    appendEvent(core, context, { kind: 'factors.reset', user, ...by }),
  ]
}

function pendingWrites(
  core: Core,
  { context, actorId }: Acting,
  user: User,
  { reason, notBefore }: { readonly reason: string | null; readonly notBefore: number },
): readonly Write[] {
  const { email: to, id: userId, locale } = user
  const pending = issueChallenge(core, {
    purpose: 'factors-reset',
    userId,
    account: accountKey(core, user.email),
    // Nobody gets its handle: it waits for its time alone.
    mode: 'token',
    ttlMs: notBefore - core.clock.now() + lastsMs,
    code: 'none',
    data: { actorId, reason, notBefore },
  })
  return [
    pending.write,
    enqueueMessage(core, {
      template: 'factors-reset-scheduled',
      to,
      userId,
      locale,
      data: { at: notBefore },
      notAfter: notBefore,
    }),
    appendEvent(core, context, {
      kind: 'factors.reset_requested',
      user,
      actorId,
      note: reason,
      data: { notBefore: toIsoTimestamp(notBefore) },
    }),
  ]
}

function hasAny({ credentials }: Subject): boolean {
  return credentials.some(({ method }) => resetMethods.includes(method))
}
