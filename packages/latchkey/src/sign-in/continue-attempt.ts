import type { AmrEntry } from '../assurance/assurance.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import type { Challenge } from '../challenge/challenge.ts'
import { openChallengeData, type FactorName } from '../challenge/challenge-data.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { recogniseDevice } from '../session/known-device.ts'
import type { Write } from '../store/writes.ts'
import { accountKey } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import { completeSignIn } from './complete-sign-in.ts'
import type { SignInRejection, SignInResult } from './sign-in-result.ts'

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
  if (challenge.purpose !== 'sign-in' || challenge.userId === null) return reject('attempt_over', undefined)
  const data = openChallengeData(core.keys, 'sign-in', challenge)
  const subject = await core.store.findSubject(challenge.userId)
  if (!data.factors.includes(attempt.factor)) return reject('factor_not_accepted', subject?.user)
  if (subject === undefined || subject.user.blockedAt !== null) return reject('attempt_over', subject?.user)
  const account = accountKey(core, subject.user.email)
  const device = await recogniseDevice(core, { presented: attempt.device, account })
  return completeSignIn(core, context, {
    ...subject,
    proofs: [...data.proofs, attempt.proof],
    writes: attempt.writes,
    epoch: data.epoch,
    mode: data.mode,
    device,
    occasion: 'sign-in',
  })

  async function reject(reason: SignInRejection, user: User | undefined): Promise<SignInResult> {
    await recordRejection(core, context, { method: attempt.proof.method, reason, user })
    return { ok: false, reason, retryAfterSeconds: 0 }
  }
}
