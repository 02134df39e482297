import type { AmrEntry } from '../assurance/assurance.ts'
import type { Challenge } from '../challenge/challenge.ts'
import { openChallengeData, type FactorName } from '../challenge/challenge-data.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { recogniseDevice } from '../session/known-device.ts'
import type { Write } from '../store/writes.ts'
import { completeSignIn } from './complete-sign-in.ts'
import type { SignInResult } from './sign-in-result.ts'

export interface ContinuedAttempt {
  /** A charged attempt of purpose `sign-in` whose newest proof was right. */
  readonly challenge: Challenge
  readonly factor: FactorName
  readonly proof: AmrEntry
  readonly writes: readonly Write[]
  /** The device cookie as it came. */
  readonly device: string | undefined
}

/** Adds a proof to a pending sign-in and goes to the door. Only a factor that the attempt asked for is accepted. */
export async function continueAttempt(
  core: Core,
  context: RequestContext,
  attempt: ContinuedAttempt,
): Promise<SignInResult> {
  const { challenge } = attempt
  const over: SignInResult = { ok: false, reason: 'attempt_over', retryAfterSeconds: 0 }
  if (challenge.purpose !== 'sign-in' || challenge.userId === null) return over
  const data = openChallengeData(core.keys, 'sign-in', challenge)
  if (!data.factors.includes(attempt.factor)) return { ok: false, reason: 'factor_not_accepted', retryAfterSeconds: 0 }
  const subject = await core.store.findSubject(challenge.userId)
  if (subject === undefined || subject.user.blockedAt !== null) return over
  const device = await recogniseDevice(core, { presented: attempt.device, email: subject.user.email })
  return completeSignIn(core, context, {
    ...subject,
    proofs: [...data.proofs, attempt.proof],
    writes: attempt.writes,
    epoch: data.epoch,
    mode: data.mode,
    knownDevice: device !== null,
    occasion: 'sign-in',
  })
}
