import { secondMs } from '../../platform/clock.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'
import { stampEntry, stampEntryLength } from './plan.ts'
import type { SqlParameters } from './statement.ts'

export function budgetParameters({ key, limit, windowMs }: BudgetCharge, now: number): SqlParameters {
  return { key, entry: stampEntry(now), size: limit * stampEntryLength, window_start: windowStart(now - windowMs), now }
}

// Compared as text with 13 digits. Before 1970 nothing was charged: `-` sorts in front of every digit.
function windowStart(at: number): string {
  return at < 0 ? '-' : String(at).padStart(13, '0')
}

/** Whole seconds until the budget has room again, at least one and never longer than its window, whatever the clock did. */
export function retryAfterSeconds(stamps: string, { limit, windowMs }: BudgetCharge, now: number): number {
  const oldest = stampsOf(stamps).at(-limit)
  const waitMs = oldest === undefined ? 0 : Math.min(oldest + windowMs - now, windowMs)
  return Math.max(1, Math.ceil(waitMs / secondMs))
}

// Nodes whose clocks differ by more are not ready (`/readyz`).
const clockToleranceMs = 2 * secondMs

/**
 * Stamps for a clock that was set back: what seems to lie in the future was charged by now at the latest, so the budget frees itself
 * after one window instead of when the clock has caught up. `undefined`: there is nothing to heal.
 */
export function healedStamps(stamps: string, now: number): string | undefined {
  const times = stampsOf(stamps)
  if (!times.some((at) => at > now + clockToleranceMs)) return undefined
  return times.map((at) => stampEntry(Math.min(at, now))).join('')
}

function stampsOf(stamps: string): readonly number[] {
  return stamps.split(',').slice(1).map(Number)
}
