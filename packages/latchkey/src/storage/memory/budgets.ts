import { secondMs } from '../../platform/clock.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'

/**
 * A budget is one list of numbers, so that a charge is one number written: its window, the place of its oldest charge, and its last charges. Once
 * there are as many as its limit they go round: the newest takes the place of the oldest.
 */
type Budget = number[]

const windowPlace = 0
const oldestPlace = 1
const firstPlace = 2

export interface Budgets {
  /** How long the refused charge has to wait, or `undefined`: it was taken. `undoing` is told how to give it back. */
  charge(charge: BudgetCharge, now: number, undoing?: (undo: () => void) => void): number | undefined
  /** How many charges of that time were given back: one or none. */
  refund(key: string, at: number): number
  heal(key: string, now: number): void
  removeExpired(before: number, limit: number): number
  count(): number
}

// Nodes whose clocks differ by more are not ready (`/readyz`).
const clockToleranceMs = 2 * secondMs

export function createBudgets(journal: (undo: () => void) => void): Budgets {
  const budgets = new Map<string, Budget>()
  let walk = budgets.entries()

  /** Each new budget pays for a look at two others, so that those whose windows have passed are soon gone, however many keys are seen. */
  function forgetSome(now: number): void {
    for (let looked = 0; looked < 2; looked++) {
      const { done, value } = walk.next()
      if (done === true) {
        walk = budgets.entries()
        return
      }
      const [key, budget] = value
      if (newestOf(budget) <= now - numberAt(budget, windowPlace)) budgets.delete(key)
    }
  }

  return {
    charge({ key, limit, windowMs }, now, undoing) {
      const budget = budgets.get(key)
      if (budget === undefined) {
        forgetSome(now)
        budgets.set(key, [windowMs, firstPlace, now])
        undoing?.(() => budgets.delete(key))
        return undefined
      }
      const end = firstPlace + limit
      const place = numberAt(budget, oldestPlace)
      if (budget.length > end || (budget.length < end && place > firstPlace)) putInOrder(budget, limit)
      budget[windowPlace] = windowMs
      if (budget.length < end) {
        budget.push(now)
        undoing?.(() => budget.pop())
        return undefined
      }
      // In the order of the charges: when the clock steps back, the oldest of them still ends its window last of all.
      const oldest = numberAt(budget, place)
      if (oldest > now - windowMs) return Math.min(oldest - now + windowMs, windowMs)
      budget[place] = now
      budget[oldestPlace] = place + 1 === end ? firstPlace : place + 1
      undoing?.(() => {
        budget[place] = oldest
        budget[oldestPlace] = place
      })
      return undefined
    },
    refund(key, at) {
      const budget = budgets.get(key)
      if (budget === undefined) return 0
      putInOrder(budget, budget.length)
      const place = budget.lastIndexOf(at)
      if (place < firstPlace) return 0
      budget.splice(place, 1)
      journal(() => budget.splice(place, 0, at))
      return 1
    },
    /**
     * What seems to lie in the future was charged by now at the latest: after the clock was set back, a full budget frees itself within
     * one window instead of when the clock has caught up.
     */
    heal(key, now) {
      const budget = budgets.get(key) ?? []
      if (!budget.slice(firstPlace).some((at) => at > now + clockToleranceMs)) return
      for (let place = firstPlace; place < budget.length; place++) {
        budget[place] = Math.min(numberAt(budget, place), now)
      }
    },
    removeExpired(before, limit) {
      let removed = 0
      for (const [key, budget] of budgets) {
        if (removed === limit) break
        if (newestOf(budget) >= before) continue
        budgets.delete(key)
        journal(() => budgets.set(key, budget))
        removed++
      }
      return removed
    },
    count: () => budgets.size,
  }
}

function numberAt(budget: Budget, place: number): number {
  return budget[place] ?? -Infinity
}

function newestOf(budget: Budget): number {
  const oldest = numberAt(budget, oldestPlace)
  return numberAt(budget, (oldest === firstPlace ? budget.length : oldest) - 1)
}

/** Oldest first, and of those the newest `limit`. */
function putInOrder(budget: Budget, limit: number): void {
  budget.push(...budget.splice(firstPlace, numberAt(budget, oldestPlace) - firstPlace))
  budget[oldestPlace] = firstPlace
  budget.splice(firstPlace, Math.max(0, budget.length - firstPlace - limit))
}
