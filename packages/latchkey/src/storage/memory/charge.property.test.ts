import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMemoryStorage } from './memory-storage.ts'

const windowMs = 1_000
const start = 1_893_499_200_000

/** A step of time before each call, and whether an earlier charge is given back instead of one being made. */
const calls = fc.array(fc.record({ stepMs: fc.nat(700), refunds: fc.boolean() }), { maxLength: 60 })
const limits = fc.integer({ min: 1, max: 5 })

it('a budget admits exactly what a list of all charges would', async () => {
  await fc.assert(
    fc.asyncProperty(limits, calls, async (limit, steps) => {
      const storage = createMemoryStorage()
      const budget = { kind: 'budget', key: 'key', limit, windowMs } as const
      let charges: readonly number[] = []
      let now = start
      for (const { stepMs, refunds } of steps) {
        now += stepMs
        const last = charges.at(-1)
        if (refunds && last !== undefined) {
          await storage.commit([{ kind: 'refundBudget', key: 'key', at: last }], now)
          charges = charges.slice(0, -1)
          continue
        }
        const inWindow = charges.filter((at) => at > now - windowMs)
        const result = await storage.charge([budget], now)
        const waitMs = (inWindow.at(-limit) ?? now) + windowMs - now
        const refused = {
          ok: false,
          lost: { index: 0, reason: 'over_limit' },
          retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
        }
        expect(result).toEqual(inWindow.length < limit ? { ok: true, challenge: null } : refused)
        if (result.ok) charges = [...charges, now]
      }
    }),
  )
})

it('a clock that steps back never buys a charge within a window of real time', async () => {
  const jumps = fc.array(fc.record({ realMs: fc.nat(700), backMs: fc.oneof(fc.constant(0), fc.nat(5_000)) }), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(limits, jumps, async (limit, steps) => {
      const storage = createMemoryStorage()
      const budget = { kind: 'budget', key: 'key', limit, windowMs } as const
      const admitted: number[] = []
      let [real, back] = [start, 0]
      for (const { realMs, backMs } of steps) {
        real += realMs
        back += backMs
        const result = await storage.charge([budget], real - back)
        if (result.ok) admitted.push(real)
        expect(result.ok ? 0 : result.retryAfterSeconds).toBeLessThanOrEqual(windowMs / 1_000)
        expect(admitted.filter((at) => at > real - windowMs).length).toBeLessThanOrEqual(limit)
      }
    }),
  )
})
