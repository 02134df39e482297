import type { Challenge } from '../challenge/challenge.ts'
import type { LostCharge } from '../store/store.ts'
import type { AttemptCharge } from './budget.ts'

/** Why an attempt at this challenge is lost; `null`: it is not. */
export function lostAttempt(challenge: Challenge | undefined, charge: AttemptCharge, now: number): LostCharge | null {
  if (challenge === undefined || !charge.purposes.includes(challenge.purpose)) return 'unknown'
  if (!same(challenge.handleDigest, charge.handleDigest)) return 'unknown'
  if (challenge.bindingDigest !== null && !same(challenge.bindingDigest, charge.bindingDigest)) return 'unknown'
  if (challenge.consumedAt !== null) return 'spent'
  if (challenge.expiresAt <= now) return 'expired'
  if (challenge.attempts >= challenge.maxAttempts) return 'no_attempts_left'
  return null
}

/** Plain equality, as a WHERE has it: what is compared here are keyed digests, not secrets. */
function same(stored: string | null, given: string | null): boolean {
  return stored === given
}
