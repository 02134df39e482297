import { appendEvent } from '../audit/append-event.ts'
import type { ChallengePurpose } from '../challenge/challenge.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { Write } from '../store/writes.ts'
import type { User } from '../user/user.ts'
import type { RevocationReason, Session, SessionId } from './session.ts'

export type RevokeSessionResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'not_found' }

/** Ends the session that asks. Saying it twice is no error. */
export async function signOut(
  core: Core,
  context: RequestContext,
  { user, session }: { readonly user: User; readonly session: Session },
): Promise<void> {
  await core.store.commit(
    [
      { kind: 'revokeSession', sessionId: session.id, userId: user.id, reason: 'signed_out' },
      { kind: 'appendChange', userId: user.id, sessionId: session.id },
      appendEvent(core, context, { kind: 'session.signed_out', user, sessionId: session.id }),
    ],
    core.clock.now(),
  )
}

/** Ends one session of `user`. A foreign or unknown id is `not_found`. */
export async function revokeOneSession(
  core: Core,
  context: RequestContext,
  input: {
    readonly user: User
    readonly sessionId: SessionId
    readonly reason: RevocationReason
    readonly actorId?: string
  },
): Promise<RevokeSessionResult> {
  const { user, sessionId, reason, actorId } = input
  const committed = await core.store.commit(
    [
      { kind: 'revokeSession', sessionId, userId: user.id, reason },
      { kind: 'appendChange', userId: user.id, sessionId },
      appendEvent(core, context, {
        kind: 'session.revoked',
        user,
        sessionId,
        ...(actorId === undefined ? {} : { actorId }),
      }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : { ok: false, reason: 'not_found' }
}

/**
 * Ends every session of `user`, or all but `keep`: the epoch rises, so that whatever is cached or being opened with the old one dies too;
 * known devices and pending attempts go with it.
 */
export async function revokeAllSessions(
  core: Core,
  context: RequestContext,
  input: {
    readonly user: User
    readonly keep: SessionId | null
    readonly reason: RevocationReason
    readonly actorId?: string
  },
): Promise<void> {
  const { user, keep, reason, actorId } = input
  await core.store.commit(
    [
      ...endingWrites(user, keep, reason),
      appendEvent(core, context, {
        kind: 'session.all_revoked',
        user,
        data: { kept: keep !== null },
        ...(actorId === undefined ? {} : { actorId }),
      }),
    ],
    core.clock.now(),
  )
}

/**
 * What "every session ends" means, wherever it happens: epoch, sessions, known devices, pending attempts, feed. Where a session acts and
 * stays, it must still be of the present epoch: a revocation that came between wins (design rule 5).
 */
export function endingWrites(user: User, keep: SessionId | null, reason: RevocationReason): readonly Write[] {
  return [
    { kind: 'raiseEpoch', userId: user.id, ...(keep === null ? {} : { keepSessionId: keep, from: user.epoch }) },
    { kind: 'revokeSessions', userId: user.id, exceptSessionId: keep, reason },
    { kind: 'forgetDevices', userId: user.id, deviceId: null },
    { kind: 'cancelChallenges', userId: user.id, purposes: endedPurposes },
    { kind: 'appendChange', userId: user.id, sessionId: null },
  ]
}

/** Whatever a person, or somebody in the person's name, has begun and not finished. A way back to an old address outlives it. */
const endedPurposes: readonly ChallengePurpose[] = [
  'sign-in',
  'step-up',
  'magic-link',
  'password-reset',
  'password-reset-code',
  'email-verify',
  'email-change',
  'totp-enrolment',
  'passkey-registration',
  'oauth-link',
]
