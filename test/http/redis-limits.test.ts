import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRedisLimitStore } from '../../packages/latchkey/src/storage/redis/redis-limit-store.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../packages/latchkey/src/testing/test-auth.ts'
import { createOwnRedis, redisIsInstalled, type OwnRedis } from '../databases/redis.ts'

const email = 'ada@example.com'

describe.skipIf(!redisIsInstalled)('an engine whose limits are in Redis', () => {
  let redis: OwnRedis
  let test: TestAuth

  beforeEach(async () => {
    redis = await createOwnRedis()
    await redis.start()
    test = createTestAuth({ limitStore: createRedisLimitStore({ url: redis.url, timeoutMs: 1_000 }) })
  })
  afterEach(async () => {
    await test.auth.close()
    await redis.cleanUp()
  })

  async function guesses(count: number): Promise<readonly number[]> {
    const statuses: number[] = []
    for (let guess = 0; guess < count; guess++) {
      const { status } = await test.browser().post('/sign-in/password', { email, password: `wrong guess ${guess}` })
      statuses.push(status)
    }
    return statuses
  }

  it('counts failures to the same ceiling, and gives back what a success was charged', async () => {
    const ada = await test.signUp(email)
    for (let times = 0; times < 12; times++) expect((await test.signIn(ada, email)).status).toBe(200)
    expect(await guesses(12)).toEqual([...Array<number>(10).fill(401), 429, 429])
    // The owner's own device has its own budget.
    expect((await test.signIn(ada, email, testPassword)).status).toBe(200)
    expect(await test.auth.ready()).toMatchObject({ ok: true, checks: { limits: 'ok' } })
    expect(await test.auth.metrics()).toMatch(/^latchkey_limit_fallbacks_total 0$/m)
  })

  it('goes on with the limits of the database when Redis is gone, and says so', async () => {
    const ada = await test.signUp(email)
    expect(await guesses(10)).toEqual(Array<number>(10).fill(401))
    await redis.kill()
    expect((await test.signIn(ada, email)).status).toBe(200)
    expect(await guesses(12)).toEqual([...Array<number>(10).fill(401), 429, 429])
    const ready = await test.auth.ready()
    expect(ready.ok).toBe(true)
    expect(ready.checks.limits).toMatch(/^kept by the database for \d+ s$/)
    expect(await test.auth.metrics()).toMatch(/^latchkey_limit_fallbacks_total [1-9]/m)
    await redis.start()
    await expect.poll(async () => (await test.auth.ready()).checks.limits, { timeout: 10_000 }).toBe('ok')
    expect(await test.auth.metrics()).toMatch(/^latchkey_limits_fallen_back_seconds 0$/m)
  })
})
