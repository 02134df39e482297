import { minuteMs } from '../../platform/clock.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'

/** Which budgets the database took in place of Redis, so that they are given back where they were taken. */
export interface ChargedElsewhere {
  add(budgets: readonly BudgetCharge[], now: number): void
  has(charge: { readonly key: string; readonly at: number }): boolean
}

// Longer than a request takes. What is forgotten is given back in vain: one charge too many, never one too few.
const keptMs = minuteMs

export function createChargedElsewhere(): ChargedElsewhere {
  const charged = new Map<string, number>()
  const nameOf = (key: string, at: number): string => `${at} ${key}`

  return {
    add(budgets, now) {
      for (const [name, at] of charged) {
        if (Math.abs(now - at) < keptMs) break
        charged.delete(name)
      }
      for (const { key } of budgets) charged.set(nameOf(key, now), now)
    },
    has: ({ key, at }) => charged.has(nameOf(key, at)),
  }
}
