import type { Challenge } from '../../challenge/challenge.ts'
import { secondMs } from '../../platform/clock.ts'
import type { ChargeResult, LostCharge, Subject } from '../../store/store.ts'
import type { AttemptCharge, BudgetCharge, Charge } from '../../throttle/budget.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { Tables } from './tables.ts'

type Charged =
  | { readonly ok: true; readonly challenge: Challenge | null }
  | { readonly ok: false; readonly reason: LostCharge; readonly retryAfterSeconds: number }

/** Takes every charge or, with the first that is refused, none. */
export function chargeAll(
  tables: Tables,
  charges: readonly Charge[],
  now: number,
  subjectOf: EmailAddress | undefined,
): ChargeResult {
  const result = tables.atomically(() => chargeEach(tables, charges, now))
  const refused = result.ok ? undefined : charges[result.lost.index]
  if (refused?.kind === 'budget') healBudget(tables, refused.key, now)
  return result.ok ? { ...result, subject: subjectOf && findSubject(tables, subjectOf) } : result
}

function chargeEach(tables: Tables, charges: readonly Charge[], now: number): ChargeResult {
  let challenge: Challenge | null = null
  for (const [index, charge] of charges.entries()) {
    const charged = charge.kind === 'budget' ? chargeBudget(tables, charge, now) : chargeAttempt(tables, charge, now)
    if (!charged.ok) {
      const { reason, retryAfterSeconds } = charged
      return { ok: false, lost: { index, reason }, retryAfterSeconds }
    }
    challenge = charged.challenge ?? challenge
  }
  return { ok: true, challenge, subject: undefined }
}

function findSubject({ users, credentials }: Tables, email: EmailAddress): Subject | undefined {
  const [user] = users.all((each) => each.email === email)
  return user && { user, credentials: credentials.all(({ userId }) => userId === user.id) }
}

function chargeBudget({ budgets }: Tables, { key, limit, windowMs }: BudgetCharge, now: number): Charged {
  const stored = budgets.one(key)
  const stamps = stored[0]?.stamps ?? []
  const oldest = stamps.at(-limit)
  // Stamps stay in the order of the charges: when the clock steps back, the oldest of them still ends its window last of all.
  if (stamps.length >= limit && oldest !== undefined && oldest > now - windowMs) {
    const waitMs = Math.min(oldest - now + windowMs, windowMs)
    return { ok: false, reason: 'over_limit', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / secondMs)) }
  }
  if (budgets.change(stored, () => ({ stamps: [...stamps, now].slice(-limit) })) === 0) {
    budgets.add({ key, stamps: [now] })
  }
  return { ok: true, challenge: null }
}

// Nodes whose clocks differ by more are not ready (`/readyz`).
const clockToleranceMs = 2 * secondMs

/**
 * What seems to lie in the future was charged by now at the latest: after the clock was set back, a full budget frees itself within one
 * window instead of when the clock has caught up.
 */
function healBudget({ budgets }: Tables, key: string, now: number): void {
  const ahead = budgets.one(key, ({ stamps }) => stamps.some((at) => at > now + clockToleranceMs))
  budgets.change(ahead, ({ stamps }) => ({ stamps: stamps.map((at) => Math.min(at, now)) }))
}

function chargeAttempt({ challenges }: Tables, charge: AttemptCharge, now: number): Charged {
  const [challenge] = challenges.one(charge.challengeId)
  const lost = challenge === undefined ? 'unknown' : lostAttempt(challenge, charge, now)
  if (lost !== null) return { ok: false, reason: lost, retryAfterSeconds: 0 }
  challenges.change(challenges.one(charge.challengeId), ({ attempts }) => ({ attempts: attempts + 1 }))
  return { ok: true, challenge: challenges.one(charge.challengeId)[0] ?? null }
}

function lostAttempt(challenge: Challenge, charge: AttemptCharge, now: number): LostCharge | null {
  const isBound = challenge.bindingDigest !== null
  if (!charge.purposes.includes(challenge.purpose)) return 'unknown'
  if (!same(challenge.handleDigest, charge.handleDigest)) return 'unknown'
  if (isBound && !same(challenge.bindingDigest, charge.bindingDigest)) return 'unknown'
  if (challenge.consumedAt !== null) return 'spent'
  if (challenge.expiresAt <= now) return 'expired'
  if (challenge.attempts >= challenge.maxAttempts) return 'no_attempts_left'
  return null
}

/** Plain equality, as a WHERE has it: what is compared here are keyed digests, not secrets. */
function same(stored: string | null, given: string | null): boolean {
  return stored === given
}
