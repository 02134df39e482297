import { secondMs } from '../../platform/clock.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'
import { chargeValues, stampLength } from './limit-scripts.ts'
import type { WatchedConnection } from './watched-connection.ts'

type Refund = Omit<WriteOf<'refundBudget'>, 'kind'>

export type BudgetsResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly index: number; readonly retryAfterSeconds: number }

/** Budgets, as the scripts keep them. `undefined`, and a refund of nothing: Redis does not answer. */
export interface RedisBudgets {
  charge(budgets: readonly BudgetCharge[], now: number): Promise<BudgetsResult | undefined>
  /** How many charges of each were given back: one or none. */
  refund(refunds: readonly Refund[]): Promise<readonly number[]>
}

export function createRedisBudgets(connection: WatchedConnection, prefix: string): RedisBudgets {
  const keysOf = (budgets: readonly { readonly key: string }[]): readonly string[] =>
    budgets.map(({ key }) => prefix + key)

  return {
    async charge(budgets, now) {
      const values = [stampOf(now), ...budgets.flatMap(chargeValues)]
      const answer = await connection.use((redis) => redis.charge(keysOf(budgets), values))
      if (answer === undefined) return undefined
      if (!Array.isArray(answer)) return { ok: true }
      const [index, waitMs] = answer.map(Number)
      return { ok: false, index: index ?? 0, retryAfterSeconds: Math.max(1, Math.ceil((waitMs ?? 0) / secondMs)) }
    },
    async refund(refunds) {
      const stamps = refunds.map(({ at }) => stampOf(at))
      const answer = await connection.use((redis) => redis.refund(keysOf(refunds), stamps))
      return Array.isArray(answer) ? answer.map(Number) : refunds.map(() => 0)
    },
  }
}

function stampOf(at: number): string {
  return String(at).padStart(stampLength, '0')
}
