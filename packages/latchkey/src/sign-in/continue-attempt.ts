import type { AmrEntry } from '../assurance/assurance.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import type { Challenge } from '../challenge/challenge.ts'
import type { FactorName } from '../challenge/challenge-data.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { Core } from '../core/core.ts'
import type { SessionPorts } from '../session/check-session.ts'
import { recogniseDevice, type Recognised } from '../session/known-device.ts'
import type { Subject } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import { accountKey } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import { completeSignIn } from './complete-sign-in.ts'
import { completeStepUp } from './complete-step-up.ts'
import { openAttempt } from './pending-attempt.ts'
import type { SignInRejection, SignInResult } from './sign-in-result.ts'

export interface ContinuedAttempt {
  /** A charged attempt whose newest proof was right. */
  readonly challenge: Challenge
  readonly factor: FactorName
  /** What the factor proved, the newest last. */
  readonly proofs: readonly AmrEntry[]
  readonly writes: readonly Write[]
  /** As they came with the request. */
  readonly presented: {
    readonly device: string | undefined
    readonly sessionToken: string | undefined
    readonly accessToken: string | undefined
  }
  /** The attempt's subject, where it was read already. */
  readonly subject?: Subject | undefined
  /** What the device of the browser was recognised as when the attempt was charged. */
  readonly recognised?: Recognised | undefined
}

/** Adds a proof to a pending sign-in, or to the session that is to be raised, and goes to the door. Only a factor that the attempt asked for is accepted. */
export async function continueAttempt(
  core: Core & SessionPorts,
  context: RequestContext,
  attempt: ContinuedAttempt,
): Promise<SignInResult> {
  const { challenge, presented, recognised } = attempt
  const data = openAttempt(core.keys, challenge)
  if (data === undefined || challenge.userId === null) return reject('attempt_over', undefined)
  const subject = attempt.subject ?? (await core.store.findSubject(challenge.userId))
  if (!data.factors.includes(attempt.factor)) return reject('factor_not_accepted', subject?.user)
  if (subject === undefined || subject.user.blockedAt !== null) return reject('attempt_over', subject?.user)
  if (data.purpose === 'step-up')
    return completeStepUp(core, context, { ...attempt, ...subject, sessionId: data.sessionId })
  const account = accountKey(core, subject.user.email)
  const device =
    recognised?.account === account
      ? recognised.device
      : await recogniseDevice(core, { presented: presented.device, account })
  return completeSignIn(core, context, {
    ...subject,
    proofs: [...data.proofs, ...attempt.proofs],
    writes: attempt.writes,
    epoch: data.epoch,
    mode: data.mode,
    device,
    occasion: 'sign-in',
    ...(data.link === undefined ? {} : { link: data.link }),
  })

  async function reject(reason: SignInRejection, user: User | undefined): Promise<SignInResult> {
    const method = attempt.proofs[0]?.method
    await recordRejection(core, context, { reason, user, ...(method === undefined ? {} : { method }) })
    return { ok: false, reason, retryAfterSeconds: 0 }
  }
}
