import type { ChargeResult, LostCharge } from '../../store/store.ts'
import type { AttemptCharge, BudgetCharge, Charge } from '../../throttle/budget.ts'
import { healedStamps, retryAfterSeconds } from './budget-stamps.ts'
import { number, text } from './cells.ts'
import type { SqlParameters, SqlRow } from './statement.ts'

export function attemptParameters(charge: AttemptCharge, now: number): SqlParameters {
  return {
    id: charge.challengeId,
    purposes: `,${charge.purposes.join(',')},`,
    handle_digest: charge.handleDigest,
    binding_digest: charge.bindingDigest,
    now,
  }
}

/** What one further read has to ask about a charge that was refused. */
export function lostChargeQuestion(
  charge: Charge,
  now: number,
): { readonly statement: 'findBudget' | 'findLostAttempt'; readonly values: SqlParameters } {
  return charge.kind === 'budget'
    ? { statement: 'findBudget', values: { key: charge.key } }
    : { statement: 'findLostAttempt', values: attemptParameters(charge, now) }
}

export interface LostChargeAnswer {
  readonly result: ChargeResult & { readonly ok: false }
  /** To be written back, when the clock was set back. */
  readonly heal: SqlParameters | undefined
}

export function lostChargeAnswer(
  lost: { readonly index: number; readonly charge: Charge },
  row: SqlRow | undefined,
  now: number,
): LostChargeAnswer {
  const { index, charge } = lost
  if (charge.kind === 'budget') return lostBudget(index, charge, row === undefined ? '' : text(row[0]), now)
  const result = { ok: false, lost: { index, reason: lostAttempt(row) }, retryAfterSeconds: 0 } as const
  return { result, heal: undefined }
}

function lostBudget(index: number, charge: BudgetCharge, stamps: string, now: number): LostChargeAnswer {
  const healed = healedStamps(stamps, now)
  const seconds = retryAfterSeconds(healed ?? stamps, charge, now)
  return {
    result: { ok: false, lost: { index, reason: 'over_limit' }, retryAfterSeconds: seconds },
    heal: healed === undefined ? undefined : { key: charge.key, stamps, healed, now },
  }
}

function lostAttempt(row: SqlRow | undefined): LostCharge {
  if (row === undefined) return 'unknown'
  const [isPresented, isSpent, isExpired] = row.map(number)
  if (isPresented !== 1) return 'unknown'
  if (isSpent === 1) return 'spent'
  if (isExpired === 1) return 'expired'
  return 'no_attempts_left'
}
