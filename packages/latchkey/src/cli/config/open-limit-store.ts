import type { LimitStore } from '../../store/limit-store.ts'
import type { Config } from './read-config.ts'

/** Where the configuration says that limits are kept; `undefined`: in the database. Only then the client of Redis is loaded. */
export async function openLimitStore({ redisUrl }: Pick<Config, 'redisUrl'>): Promise<LimitStore | undefined> {
  if (redisUrl === null) return undefined
  const { createRedisLimitStore } = await import('../../storage/redis/redis-limit-store.ts')
  return createRedisLimitStore({ url: redisUrl })
}
