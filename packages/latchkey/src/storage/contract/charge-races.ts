import { deepEqual, equal } from 'node:assert/strict'
import { hourMs, minuteMs } from '../../platform/clock.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'
import { attemptOf } from './attempts.ts'
import { withConnections, type Connections } from './connections.ts'
import type { ContractDatabase } from './contract.ts'
import { aChallenge, aKey, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { atOnce, callers, charge, commit, refuses, storeOf, wins } from './outcomes.ts'

/** Fifty parallel callers for each charge: exactly as many win as there is room for. */
export function chargeRaceCases<Database extends ContractDatabase>(group: Group<Database>): void {
  const race = (name: string, run: (stores: Connections) => Promise<void>): void =>
    group.it(name, async (_storage, database) => {
      await withConnections(group, database, async (stores) => {
        for (let round = 0; round < group.rounds; round++) await run(stores)
      })
    })

  race('a budget of seven admits seven of 50', async (stores) => {
    const budget = { kind: 'budget', key: aKey(), limit: 7, windowMs: minuteMs } as const
    const results = await atOnce(callers, (caller) => storeOf(stores, caller).charge([budget], noon))
    equal(wins(results, 'over_limit'), 7)
    await refuses(stores[0], [budget], noon, { retryAfterSeconds: 60 })
  })

  race('a budget of one, never charged before, admits one of 50', async (stores) => {
    const budget = { kind: 'budget', key: aKey(), limit: 1, windowMs: minuteMs } as const
    const results = await atOnce(callers, (caller) => storeOf(stores, caller).charge([budget], noon))
    equal(wins(results, 'over_limit'), 1)
  })

  race('a full budget whose oldest charge leaves the window admits one of 50', async (stores) => {
    const budget = { kind: 'budget', key: aKey(), limit: 3, windowMs: minuteMs } as const
    for (const at of [noon, noon + 1, noon + 2]) await charge(stores[0], [budget], at)
    const results = await atOnce(callers, (caller) => storeOf(stores, caller).charge([budget], noon + minuteMs))
    equal(wins(results, 'over_limit'), 1)
  })

  race('a challenge of five attempts admits five of 50, each with its own count', async (stores) => {
    const challenge = aChallenge({ maxAttempts: 5 })
    await commit(stores[0], [{ kind: 'issueChallenge', challenge }])
    const results = await atOnce(callers, (caller) => storeOf(stores, caller).charge([attemptOf(challenge)], noon))
    equal(wins(results, 'no_attempts_left'), 5)
    const counts = results.map((result) => (result.ok ? (result.challenge?.attempts ?? 0) : 0))
    deepEqual(new Set(counts), new Set([0, 1, 2, 3, 4, 5]))
    equal((await stores[0].findChallenge(challenge.id))?.attempts, 5)
  })

  race('who is refused by the account keeps the charge of the network', async (stores) => {
    const account: BudgetCharge = { kind: 'budget', key: aKey(), limit: 10, windowMs: hourMs }
    const networks = Array.from({ length: callers }, () => ({ ...account, key: aKey(), limit: 1 }))
    const networkOf = (caller: number): BudgetCharge => networks[caller] ?? account
    const results = await atOnce(callers, (caller) => {
      return storeOf(stores, caller).charge([networkOf(caller), account], noon)
    })
    equal(wins(results, 'over_limit'), 10)
    for (const [caller, result] of results.entries()) {
      const again = await stores[0].charge([networkOf(caller)], noon)
      equal(again.ok, !result.ok, 'all or none')
    }
  })

  race('a refund buys one charge and no more', async (stores) => {
    const budget = { kind: 'budget', key: aKey(), limit: 5, windowMs: minuteMs } as const
    for (let number = 0; number < 5; number++) await charge(stores[0], [budget], noon)
    const results = await atOnce(callers, async (caller) => {
      const store = storeOf(stores, caller)
      if (caller % 10 !== 0) return store.charge([budget], noon + 1)
      await commit(store, [{ kind: 'refundBudget', key: budget.key, at: noon }])
      return undefined
    })
    let charged = wins(
      results.filter((result) => result !== undefined),
      'over_limit',
    )
    while ((await stores[0].charge([budget], noon + 1)).ok) charged++
    equal(charged, 5, 'five were given back, five could be taken')
  })

  race('an attempt and its spend: of 50 who know the code one is let in', async (stores) => {
    const challenge = aChallenge({ maxAttempts: 5 })
    await commit(stores[0], [{ kind: 'issueChallenge', challenge }])
    const results = await atOnce(callers, async (caller) => {
      const store = storeOf(stores, caller)
      const charged = await store.charge([attemptOf(challenge)], noon)
      if (!charged.ok) return false
      equal(charged.challenge?.codeDigest, challenge.codeDigest)
      return (await store.commit([{ kind: 'consumeChallenge', challengeId: challenge.id }], noon)).ok
    })
    equal(results.filter((isIn) => isIn).length, 1)
  })
}
