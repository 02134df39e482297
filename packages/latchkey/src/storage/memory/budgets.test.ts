import { describe, expect, it } from 'vitest'
import { createBudgets } from './budgets.ts'
import { createMemoryStorage } from './memory-storage.ts'

const windowMs = 1_000
const start = 1_893_499_200_000

describe('budgets in memory', () => {
  it('are forgotten once their windows have passed, however many keys are seen', () => {
    const budgets = createBudgets(() => undefined)
    let most = 0
    for (let key = 0; key < 50_000; key++) {
      budgets.charge({ kind: 'budget', key: String(key), limit: 3, windowMs }, start + key)
      most = Math.max(most, budgets.count())
    }
    expect(most).toBeLessThanOrEqual(3 * windowMs)
  })

  it('keep what is in its window while others come and go', () => {
    const budgets = createBudgets(() => undefined)
    const kept = { kind: 'budget', key: 'kept', limit: 1, windowMs: 100_000 } as const
    budgets.charge(kept, start)
    for (let key = 0; key < 20_000; key++) {
      budgets.charge({ kind: 'budget', key: String(key), limit: 3, windowMs }, start + key)
    }
    expect(budgets.charge(kept, start + 20_000)).toBe(80_000)
  })

  it('that have gone round stand as before when a charge beside them is refused, and when their limit changes', async () => {
    const storage = createMemoryStorage()
    const budget = { kind: 'budget', key: 'round', limit: 3, windowMs } as const
    const spent = { kind: 'budget', key: 'spent', limit: 1, windowMs: 100 * windowMs } as const
    await storage.charge([spent], start)
    for (const at of [0, 100, 200, 1_000, 1_100]) expect((await storage.charge([budget], start + at)).ok).toBe(true)
    expect(await storage.charge([budget, spent], start + 1_200)).toMatchObject({ ok: false, lost: { index: 1 } })
    expect((await storage.charge([budget], start + 1_200)).ok).toBe(true)
    expect(await storage.charge([budget], start + 1_999)).toMatchObject({ ok: false, retryAfterSeconds: 1 })
    // Charged at 1,000, 1,100 and 1,200: a wider limit has room for one more, a narrower one waits for the newest two.
    const wider = { ...budget, limit: 4 }
    expect((await storage.charge([wider], start + 1_300)).ok).toBe(true)
    expect((await storage.charge([wider], start + 1_999)).ok).toBe(false)
    expect((await storage.charge([{ ...budget, limit: 2 }], start + 2_199)).ok).toBe(false)
    expect((await storage.charge([{ ...budget, limit: 2 }], start + 2_200)).ok).toBe(true)
  })
})
