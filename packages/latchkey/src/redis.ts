export { createRedisLimitStore, type RedisLimitStoreOptions } from './storage/redis/redis-limit-store.ts'
export type { LimitStore } from './store/limit-store.ts'
