import { deepEqual, equal, ok } from 'node:assert/strict'
import { dayMs, hourMs, minuteMs, secondMs } from '../../platform/clock.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'
import type { Storage } from '../storage.ts'
import { aCredential, aKey, anAddress, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { charge, commit, refuses } from './outcomes.ts'

export function budgetCases({ describe, it }: Group): void {
  describe('charge', () => {
    it('admits as many as the limit and says how long the next one waits', async (storage) => {
      const budget = aBudget(3, minuteMs)
      for (const at of [noon, noon + 10 * secondMs, noon + 20 * secondMs]) await charge(storage, [budget], at)
      await refuses(storage, [budget], noon + 20 * secondMs, { retryAfterSeconds: 40 })
      await refuses(storage, [budget], noon + 59 * secondMs, { retryAfterSeconds: 1 })
      await charge(storage, [budget], noon + 60 * secondMs)
      await refuses(storage, [budget], noon + 60 * secondMs, { retryAfterSeconds: 10 })
    })

    it('holds the ceiling in every phase of the window', async (storage) => {
      const phases = [0, 1, 29_999, 30_000, 59_999]
      for (const phase of phases) {
        const budget = aBudget(2, minuteMs)
        await charge(storage, [budget], noon)
        await charge(storage, [budget], noon + phase)
        await refuses(storage, [budget], noon + 59_999, { retryAfterSeconds: 1 })
        await charge(storage, [budget], noon + 60_000)
        if (phase === 0) await charge(storage, [budget], noon + 60_000)
        const nextEnd = phase === 0 ? 120_000 : 60_000 + phase
        const wait = Math.max(1, Math.ceil((nextEnd - 60_000) / secondMs))
        await refuses(storage, [budget], noon + 60_000, { retryAfterSeconds: wait })
      }
    })

    it('waits whole seconds, rounded up, at least one', async (storage) => {
      const budget = aBudget(1, 1_500)
      await charge(storage, [budget], noon)
      await refuses(storage, [budget], noon, { retryAfterSeconds: 2 })
      await refuses(storage, [budget], noon + 500, { retryAfterSeconds: 1 })
      await refuses(storage, [budget], noon + 1_499, { retryAfterSeconds: 1 })
      await charge(storage, [budget], noon + 1_500)
    })

    it('does not count what it refused', async (storage) => {
      const budget = aBudget(1, minuteMs)
      await charge(storage, [budget], noon)
      for (let second = 1; second < 60; second += 10) {
        await refuses(storage, [budget], noon + second * secondMs, { retryAfterSeconds: 60 - second })
      }
      await charge(storage, [budget], noon + minuteMs)
    })

    it('takes all or none, wherever the refused one stands', async (storage) => {
      const [spent, before, after] = [aBudget(1, minuteMs), aBudget(1, minuteMs), aBudget(1, minuteMs)]
      await charge(storage, [spent])
      await refuses(storage, [before, spent, after], noon, { index: 1, retryAfterSeconds: 60 })
      await refuses(storage, [spent, before], noon, { index: 0, retryAfterSeconds: 60 })
      await refuses(storage, [before, after, spent], noon, { index: 2, retryAfterSeconds: 60 })
      equal(await charge(storage, [before, after]), null, 'both still have their only charge')
      await refuses(storage, [before], noon, { retryAfterSeconds: 60 })
      await refuses(storage, [after], noon, { retryAfterSeconds: 60 })
    })

    it('asks in the order given and names the first that refuses', async (storage) => {
      const [narrow, wide] = [aBudget(1, minuteMs), aBudget(1, hourMs)]
      await charge(storage, [narrow, wide])
      await refuses(storage, [narrow, wide], noon, { index: 0, retryAfterSeconds: 60 })
      await refuses(storage, [wide, narrow], noon, { index: 0, retryAfterSeconds: 3_600 })
    })

    it('charges a budget that stands there twice twice, or not at all', async (storage) => {
      const budget = aBudget(3, minuteMs)
      await charge(storage, [budget, budget])
      const result = await storage.charge([budget, budget], noon)
      ok(!result.ok && result.lost.index === 1)
      await charge(storage, [budget])
      await refuses(storage, [budget], noon, { retryAfterSeconds: 60 })
    })

    it('takes nothing for nothing', async (storage) => {
      deepEqual(await storage.charge([], noon), { ok: true, challenge: null, subject: undefined })
    })

    it('brings the user with every credential for the address, behind the charges', async (storage) => {
      const user = aUser()
      const credential = aCredential(user, { method: 'password', identifier: user.id, secret: 'hash' })
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'addCredential', credential },
      ])
      const subject = { user, credentials: [credential] }
      const [narrow, wide] = [aBudget(2, minuteMs), aBudget(2, minuteMs)]
      for (const charges of [[], [narrow], [narrow, wide]]) {
        deepEqual(await storage.charge(charges, noon, user.email), { ok: true, challenge: null, subject })
      }
      deepEqual(await storage.charge([wide], noon, anAddress()), { ok: true, challenge: null, subject: undefined })
      await refuses(storage, [narrow], noon, { retryAfterSeconds: 60 })
      await refuses(storage, [wide], noon, { retryAfterSeconds: 60 })
    })

    it('brings nobody when a charge is refused, and takes none of the others', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      const [free, full] = [aBudget(1, minuteMs), aBudget(1, minuteMs)]
      await charge(storage, [full])
      for (const charges of [[full], [free, full], [full, free]]) {
        const index = charges.indexOf(full)
        const lost = { index, reason: 'over_limit' }
        deepEqual(await storage.charge(charges, noon, user.email), { ok: false, lost, retryAfterSeconds: 60 })
      }
      await charge(storage, [free])
    })

    it('keeps budgets apart by every byte of the key, up to 191 of them', async (storage) => {
      const stem = aKey().padEnd(190, '-')
      for (const key of [`${stem}a`, `${stem}A`, `${stem}b`, stem, `${stem} `]) {
        const budget = { ...aBudget(1, minuteMs), key }
        await charge(storage, [budget])
        await refuses(storage, [budget], noon, { retryAfterSeconds: 60 })
      }
    })

    it('keeps a wide budget', async (storage) => {
      const budget = aBudget(100, hourMs)
      for (let number = 0; number < 100; number++) await charge(storage, [budget], noon + number)
      await refuses(storage, [budget], noon + 100, { retryAfterSeconds: 3_600 })
      await charge(storage, [budget], noon + hourMs)
      await refuses(storage, [budget], noon + hourMs, { retryAfterSeconds: 1 })
    })
  })

  clockCases({ describe, it })
  refundCases({ describe, it })
}

function clockCases({ describe, it }: Pick<Group, 'describe' | 'it'>): void {
  describe('charge after the clock stepped back', () => {
    it('buys no charge, and the wait is never longer than the window', async (storage) => {
      for (const back of [secondMs, minuteMs, hourMs, 365 * dayMs]) {
        const budget = aBudget(2, minuteMs)
        await charge(storage, [budget], noon)
        await charge(storage, [budget], noon + secondMs)
        const result = await storage.charge([budget], noon - back)
        ok(!result.ok && result.lost.reason === 'over_limit')
        ok(result.retryAfterSeconds >= 1 && result.retryAfterSeconds <= 60, `waits ${result.retryAfterSeconds} s`)
      }
    })

    it('frees the budget one window after the first refusal, however far it was set back', async (storage) => {
      const budget = aBudget(2, minuteMs)
      const back = noon - 365 * dayMs
      await charge(storage, [budget], noon)
      await charge(storage, [budget], noon + secondMs)
      await refuses(storage, [budget], back, { retryAfterSeconds: 60 })
      await refuses(storage, [budget], back + minuteMs - 1, { retryAfterSeconds: 1 })
      await charge(storage, [budget], back + minuteMs)
      await charge(storage, [budget], back + minuteMs)
      await refuses(storage, [budget], back + minuteMs, { retryAfterSeconds: 60 })
    })

    it('never admits more than the limit in a window of real time', async (storage) => {
      const budget = aBudget(3, minuteMs)
      // Real seconds, and how far the clock had stepped back by then.
      const calls = [
        { real: 0, back: 0 },
        { real: 10, back: 0 },
        { real: 20, back: 40 },
        { real: 50, back: 40 },
        { real: 61, back: 40 },
        { real: 71, back: 45 },
        { real: 101, back: 45 },
        { real: 116, back: 45 },
        { real: 121, back: 45 },
        { real: 130, back: 45 },
        { real: 190, back: 60 },
      ]
      const admitted: number[] = []
      for (const { real, back } of calls) {
        const result = await storage.charge([budget], noon + (real - back) * secondMs)
        if (result.ok) admitted.push(real)
      }
      for (const end of admitted) {
        const inWindow = admitted.filter((real) => real > end - 60 && real <= end)
        ok(inWindow.length <= 3, `${inWindow.length} in the minute before second ${end}: ${inWindow.join(', ')}`)
      }
      deepEqual(admitted.slice(0, 3), [0, 10, 20], 'a step back does not refuse what has room')
      ok(admitted.length > 3, 'and the budget recovers')
    })
  })
}

function refundCases({ describe, it }: Pick<Group, 'describe' | 'it'>): void {
  describe('refundBudget', () => {
    it('gives back one charge of that time', async (storage) => {
      const budget = aBudget(2, minuteMs)
      await charge(storage, [budget], noon)
      await charge(storage, [budget], noon + secondMs)
      await refund(storage, budget, noon)
      await charge(storage, [budget], noon + 2 * secondMs)
      await refuses(storage, [budget], noon + 2 * secondMs, { retryAfterSeconds: 59 })
    })

    it('gives back one of several charges of one millisecond', async (storage) => {
      const budget = aBudget(3, minuteMs)
      for (const at of [noon, noon, noon]) await charge(storage, [budget], at)
      await refund(storage, budget, noon)
      await charge(storage, [budget], noon)
      await refuses(storage, [budget], noon, { retryAfterSeconds: 60 })
    })

    it('gives back nothing for a time at which nothing was charged, nor for digits across two entries', async (storage) => {
      const budget = aBudget(3, minuteMs)
      for (const at of [noon, noon, noon]) await charge(storage, [budget], at)
      const digits = `${noon}${noon}`
      const acrossEntries = Array.from({ length: 12 }, (_, from) => Number(digits.slice(from + 1, from + 14)))
      for (const at of [noon + 1, noon - 1, 0, ...acrossEntries]) await refund(storage, budget, at)
      await refuses(storage, [budget], noon, { retryAfterSeconds: 60 })
    })

    it('never makes a budget wider than its limit', async (storage) => {
      const budget = aBudget(2, minuteMs)
      await refund(storage, budget, noon)
      await charge(storage, [budget], noon)
      for (let times = 0; times < 3; times++) await refund(storage, budget, noon)
      await charge(storage, [budget], noon)
      await charge(storage, [budget], noon)
      await refuses(storage, [budget], noon, { retryAfterSeconds: 60 })
    })

    it('touches no other budget', async (storage) => {
      const [one, other] = [aBudget(1, minuteMs), aBudget(1, minuteMs)]
      await charge(storage, [one, other], noon)
      await refund(storage, one, noon)
      await refuses(storage, [other], noon, { retryAfterSeconds: 60 })
      await charge(storage, [one], noon)
    })
  })
}

function aBudget(limit: number, windowMs: number): BudgetCharge {
  return { kind: 'budget', key: aKey(), limit, windowMs }
}

async function refund(storage: Storage, { key }: BudgetCharge, at: number): Promise<void> {
  await commit(storage, [{ kind: 'refundBudget', key, at }])
}
