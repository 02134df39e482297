import type { Challenge, ChallengePurpose } from '../challenge/challenge.ts'
import { openChallengeData, type SignInData, type StepUpData } from '../challenge/challenge-data.ts'
import type { KeyRing } from '../secrets/key-ring.ts'

/** What a factor can finish: a sign-in that waits for it, or a session that is to be raised. */
export const attemptPurposes: readonly ChallengePurpose[] = ['sign-in', 'step-up']

export type PendingAttempt =
  | ({ readonly purpose: 'sign-in' } & SignInData)
  | ({ readonly purpose: 'step-up' } & StepUpData)

export function openAttempt(keys: KeyRing, challenge: Challenge): PendingAttempt | undefined {
  const { purpose } = challenge
  if (purpose === 'sign-in') return { purpose, ...openChallengeData(keys, purpose, challenge) }
  if (purpose === 'step-up') return { purpose, ...openChallengeData(keys, purpose, challenge) }
  return undefined
}
