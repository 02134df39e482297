import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRedisStorage, type RedisDatabase } from '../../../../../test/databases/redis-storage.ts'
import { createOwnRedis, redisIsInstalled, withRedis, type OwnRedis } from '../../../../../test/databases/redis.ts'
import { minuteMs } from '../../platform/clock.ts'
import type { BudgetCharge } from '../../throttle/budget.ts'
import { aKey, noon } from '../contract/fixtures.ts'
import { atOnce, callers, charge, commit, refuses } from '../contract/outcomes.ts'

// Long enough for a machine on which other tests run.
const timeoutMs = 700

describe.skipIf(!redisIsInstalled)('a redis that goes away', () => {
  let redis: OwnRedis
  let opened: RedisDatabase
  const messages: string[] = []
  const log = (_fields: object, message: string): void => void messages.push(message)

  beforeEach(async () => {
    messages.length = 0
    redis = await createOwnRedis()
    await redis.start()
    opened = await createRedisStorage({
      url: redis.url,
      timeoutMs,
      logger: { debug: log, info: log, warn: log, error: log },
    })
  })
  afterEach(async () => {
    redis.resume()
    await opened.cleanUp()
    await redis.cleanUp()
  })

  const budget = (limit: number): BudgetCharge => ({ kind: 'budget', key: aKey(), limit, windowMs: minuteMs })
  const refund = ({ key }: BudgetCharge, at: number) => [{ kind: 'refundBudget', key, at }] as const

  async function admitted(charged: BudgetCharge, at: number): Promise<number> {
    const results = await atOnce(callers, () => opened.storage.charge([charged], at))
    return results.filter(({ ok }) => ok).length
  }

  async function untilItAnswers(): Promise<void> {
    await expect.poll(() => opened.storage.fallenBackMs(), { timeout: 10_000, interval: 20 }).toBe(0)
  }

  it('is replaced by the database while it is dead, ceilings included, and comes back by itself', async () => {
    const charged = budget(7)
    expect(await admitted(charged, noon)).toBe(7)
    await redis.kill()
    expect(await admitted(charged, noon)).toBe(7)
    expect(opened.storage.fallbacks()).toBe(callers)
    expect(opened.storage.fallenBackMs()).toBeGreaterThan(0)
    await refuses(opened.storage, [charged], noon, { retryAfterSeconds: 60 })
    await redis.start()
    await untilItAnswers()
    const fallbacks = opened.storage.fallbacks()
    // It died with all that it knew.
    expect(await admitted(charged, noon)).toBe(7)
    expect(opened.storage.fallbacks()).toBe(fallbacks)
    expect(messages).toEqual([
      'Redis does not answer: the database keeps the limits until it does.',
      'Redis answers again: limits are kept there.',
    ])
  })

  it('is waited for once while it hangs, and what it kept counts when it is back', async () => {
    const charged = budget(3)
    expect(await admitted(charged, noon)).toBe(3)
    await redis.pause()
    const begun = performance.now()
    expect(await admitted(charged, noon)).toBe(3)
    const hungMs = performance.now() - begun
    const again = performance.now()
    await refuses(opened.storage, [charged], noon, { retryAfterSeconds: 60 })
    const knownMs = performance.now() - again
    expect(hungMs).toBeGreaterThanOrEqual(timeoutMs - 1)
    expect(knownMs).toBeLessThan(timeoutMs)
    // Longer than it takes to give up on a connection that is accepted and never answered.
    await new Promise((resolve) => setTimeout(resolve, 4 * timeoutMs))
    redis.resume()
    await untilItAnswers()
    // Full here since before, and full in the database: twice the limit in all, however often it comes and goes.
    await refuses(opened.storage, [charged], noon, { retryAfterSeconds: 60 })
    await redis.pause()
    expect(await admitted(charged, noon)).toBe(0)
  })

  it('that hangs in the middle of many charges lets through no more than the limit in each of the two', async () => {
    const charged = budget(10)
    const results = atOnce(callers, async (caller) => {
      if (caller === callers / 2) void redis.pause()
      await new Promise((resolve) => setTimeout(resolve, caller))
      return opened.storage.charge([charged], noon)
    })
    const wins = (await results).filter(({ ok }) => ok).length
    expect(wins).toBeGreaterThanOrEqual(10)
    expect(wins).toBeLessThanOrEqual(20)
  })

  it('gives back where it was charged: in the database what the database took, nowhere what is unknown', async () => {
    const [before, during] = [budget(1), budget(1)]
    await charge(opened.storage, [before])
    await redis.kill()
    await charge(opened.storage, [during])
    expect(await commit(opened.storage, [...refund(during, noon), ...refund(before, noon)])).toEqual([1, 0])
    await charge(opened.storage, [during])
    await refuses(opened.storage, [during], noon, { retryAfterSeconds: 60 })
    await redis.start()
    await untilItAnswers()
    // Charged in the database, given back after Redis came back: still there.
    expect(await commit(opened.storage, refund(during, noon))).toEqual([1])
    expect(await opened.database.charge([during], noon)).toMatchObject({ ok: true })
  })

  it('is not asked for charges when it takes no writes: full, or a replica', async () => {
    await withRedis((send) => send('CONFIG', 'SET', 'maxmemory', '1'), redis.url)
    const charged = budget(2)
    expect(await admitted(charged, noon)).toBe(2)
    expect(opened.storage.fallenBackMs()).toBeGreaterThan(0)
    expect(await admitted(charged, noon)).toBe(0)
    // Each new try begins with a write, so it is not taken for well in between.
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(opened.storage.fallenBackMs()).toBeGreaterThan(2_000)
    await withRedis((send) => send('CONFIG', 'SET', 'maxmemory', '0'), redis.url)
    await untilItAnswers()
  })

  it('that was never there delays the first charge and nothing else', async () => {
    await redis.kill()
    const charged = budget(2)
    expect(await admitted(charged, noon)).toBe(2)
    expect(await admitted(charged, noon)).toBe(0)
    await redis.start()
    await untilItAnswers()
  })

  it('is not taken for silent because this process was kept busy', async () => {
    const charged = budget(3)
    await charge(opened.storage, [charged])
    const charging = charge(opened.storage, [charged])
    await new Promise((resolve) => setImmediate(resolve))
    const until = performance.now() + 2 * timeoutMs
    while (performance.now() < until);
    await charging
    await charge(opened.storage, [charged])
    expect(opened.storage.fallbacks()).toBe(0)
  })

  it('forgets its scripts and is told them again', async () => {
    const charged = budget(1)
    await charge(opened.storage, [charged])
    await withRedis((send) => send('SCRIPT', 'FLUSH'), redis.url)
    await opened.storage.charge([budget(1)], noon)
    await untilItAnswers()
    await refuses(opened.storage, [charged], noon, { retryAfterSeconds: 60 })
  })
})
