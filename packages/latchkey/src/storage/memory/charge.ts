import type { Challenge } from '../../challenge/challenge.ts'
import { secondMs } from '../../platform/clock.ts'
import type { ChargeResult, LostCharge, Subject } from '../../store/store.ts'
import type { AttemptCharge, BudgetCharge, Charge } from '../../throttle/budget.ts'
import { lostAttempt } from '../../throttle/lost-attempt.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { Journal, Tables } from './tables.ts'

type Refused = ChargeResult & { readonly ok: false }

/** Takes every charge or, with the first that is refused, none. */
export function chargeAll(
  tables: Tables,
  charges: readonly Charge[],
  now: number,
  subjectOf: EmailAddress | undefined,
): ChargeResult {
  const [only] = charges
  // A budget alone has nothing to undo.
  const result =
    only?.kind === 'budget' && charges.length === 1
      ? (chargeBudget(tables, only, 0, now) ?? taken)
      : tables.atomically((journal) => chargeEach(tables, charges, now, journal))
  if (result.ok) return subjectOf === undefined ? result : { ...result, subject: findSubject(tables, subjectOf) }
  const lost = charges[result.lost.index]
  if (lost?.kind === 'budget') tables.budgets.heal(lost.key, now)
  return result
}

const taken: ChargeResult = { ok: true, challenge: null, subject: undefined }

function chargeEach(tables: Tables, charges: readonly Charge[], now: number, journal: Journal): ChargeResult {
  let challenge: Challenge | null = null
  for (const [index, charge] of charges.entries()) {
    if (charge.kind === 'budget') {
      const lost = chargeBudget(tables, charge, index, now, journal)
      if (lost !== undefined) return lost
    } else {
      const charged = chargeAttempt(tables, charge, now)
      if (typeof charged === 'string') return refused(index, charged, 0)
      challenge = charged
    }
  }
  return { ok: true, challenge, subject: undefined }
}

function chargeBudget(
  { budgets }: Tables,
  charge: BudgetCharge,
  index: number,
  now: number,
  journal?: Journal,
): Refused | undefined {
  const waitMs = budgets.charge(charge, now, journal)
  return waitMs === undefined ? undefined : refused(index, 'over_limit', Math.max(1, Math.ceil(waitMs / secondMs)))
}

function refused(index: number, reason: LostCharge, retryAfterSeconds: number): Refused {
  return { ok: false, lost: { index, reason }, retryAfterSeconds }
}

function findSubject({ users, credentials }: Tables, email: EmailAddress): Subject | undefined {
  const [user] = users.all((each) => each.email === email)
  return user && { user, credentials: credentials.all(({ userId }) => userId === user.id) }
}

function chargeAttempt({ challenges }: Tables, charge: AttemptCharge, now: number): Challenge | LostCharge {
  const found = challenges.one(charge.challengeId)
  const [challenge] = found
  const lost = lostAttempt(challenge, charge, now)
  if (lost !== null) return lost
  challenges.change(found, ({ attempts }) => ({ attempts: attempts + 1 }))
  return challenges.one(charge.challengeId)[0] ?? 'unknown'
}
