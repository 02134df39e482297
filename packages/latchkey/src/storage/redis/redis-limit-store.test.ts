import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { afterAll, describe, expect, it } from 'vitest'
import { createRedisStorage, type RedisDatabase } from '../../../../../test/databases/redis-storage.ts'
import { redisIsThere, withRedis } from '../../../../../test/databases/redis.ts'
import { minuteMs } from '../../platform/clock.ts'
import { attemptCases, attemptOf } from '../contract/attempts.ts'
import { budgetCases } from '../contract/budgets.ts'
import { chargeRaceCases } from '../contract/charge-races.ts'
import { commitCases } from '../contract/commits.ts'
import type { StorageUnderTest } from '../contract/contract.ts'
import { aChallenge, aKey, anEvent, noon } from '../contract/fixtures.ts'
import { group, type Group } from '../contract/group.ts'
import { charge, commit, refuses } from '../contract/outcomes.ts'
import { createRedisLimitStore } from './redis-limit-store.ts'

const budget = (limit: number) => ({ kind: 'budget', key: aKey(), limit, windowMs: minuteMs }) as const

describe.skipIf(!redisIsThere)('limits in a real redis', () => {
  const subject: StorageUnderTest<RedisDatabase> = {
    name: 'redis',
    createStorage: () => createRedisStorage(),
    capabilities: { openAnother: (database) => database.openAnother() },
    rounds: Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? 3),
  }
  const define = (name: string, cases: (group: Group<RedisDatabase>) => void): void =>
    group({ describe, it, afterAll }, subject, name, cases)
  define('budgets', budgetCases)
  define('attempts', attemptCases)
  define('commits', commitCases)
  define('charge races', chargeRaceCases)

  define('where budgets are', ({ it }) => {
    it('is Redis alone, and each is gone soon after its window', async (storage, { prefix, database }) => {
      const charged = budget(3)
      await charge(storage, [charged])
      // The database's own budget was never charged.
      await charge(database, [{ ...charged, limit: 1 }])
      const [stamps, expiresInMs] = await withRedis(async (send) => [
        await send('GET', prefix + charged.key),
        await send('PTTL', prefix + charged.key),
      ])
      equal(stamps, String(noon))
      ok(Number(expiresInMs) > minuteMs && Number(expiresInMs) <= 2 * minuteMs, `expires in ${String(expiresInMs)} ms`)
    })

    it('is gone soon after its window also where a charge was given back', async (storage, { prefix }) => {
      const charged = budget(3)
      await charge(storage, [charged])
      await charge(storage, [charged])
      deepEqual(await commit(storage, [{ kind: 'refundBudget', key: charged.key, at: noon }]), [1])
      const expiresInMs = await withRedis((send) => send('PTTL', prefix + charged.key))
      ok(Number(expiresInMs) > minuteMs && Number(expiresInMs) <= 2 * minuteMs, `expires in ${String(expiresInMs)} ms`)
    })

    it('keeps a few charges more than its limit, never all of them, and none of it for ever', async (storage, {
      prefix,
    }) => {
      const charged = budget(3)
      const held = (command: string) => withRedis((send) => send(command, prefix + charged.key))
      let longest = 0
      for (let second = 0; second < 40 * 20; second += 20) {
        const now = noon + second * 1_000
        await charge(storage, [charged], now)
        if (second >= 40) await refuses(storage, [charged], now + 19_999, { retryAfterSeconds: 1 })
        longest = Math.max(longest, String(await held('GET')).length)
        ok(Number(await held('PTTL')) > minuteMs, `kept after ${second} seconds`)
      }
      ok(longest <= (3 + 16) * 13, `${longest} characters`)
    })

    it('counts what was charged before one that is given back, for a node whose clock is behind', async (storage) => {
      const charged = budget(2)
      for (const at of [noon, noon + 30_000, noon + 60_000]) await charge(storage, [charged], at)
      await commit(storage, [{ kind: 'refundBudget', key: charged.key, at: noon + 60_000 }])
      await refuses(storage, [charged], noon + 59_000, { retryAfterSeconds: 1 })
      await charge(storage, [charged], noon + 60_000)
      await refuses(storage, [charged], noon + 60_000, { retryAfterSeconds: 30 })
    })

    it('is given back with a commit that won, and stays charged with one that lost', async (storage) => {
      const charged = budget(1)
      const challenge = aChallenge()
      const spend = { kind: 'consumeChallenge', challengeId: challenge.id } as const
      const refund = { kind: 'refundBudget', key: charged.key, at: noon } as const
      await commit(storage, [{ kind: 'issueChallenge', challenge }])
      await charge(storage, [charged])
      const event = { kind: 'appendEvent', event: anEvent() } as const
      deepEqual(await commit(storage, [refund, event, spend]), [1, 1, 1])
      await charge(storage, [charged])
      const lost = await storage.commit([refund, { kind: 'appendEvent', event: anEvent() }, spend], noon)
      deepEqual(lost, { ok: false, lost: { index: 2, reason: 'challenge_spent' } })
      await refuses(storage, [charged], noon, { retryAfterSeconds: 60 })
    })

    it('is given back when the attempt beside it could not be charged, whatever the database said', async (storage, opened) => {
      const charged = budget(1)
      const challenge = aChallenge()
      const away = opened.attach({
        ...opened.database,
        charge: () => Promise.reject(new Error('the database is away')),
      })
      await rejects(away.charge([charged, attemptOf(challenge)], noon), /away/)
      await refuses(storage, [charged, attemptOf(challenge)], noon, {
        index: 1,
        reason: 'unknown',
        retryAfterSeconds: 0,
      })
      await charge(storage, [charged])
    })
  })
})

describe.skipIf(!redisIsThere)('the address of Redis', () => {
  it('is refused when it is none, without being repeated', () => {
    for (const url of ['', 'localhost', 'http://user:password@localhost', 'rediss//x'])
      expect(() => createRedisLimitStore({ url })).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    expect(() => createRedisLimitStore({ url: 'http://ada:secret-word@host' })).not.toThrow(/secret-word/)
  })
})
