import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemStopwatch } from '../../packages/latchkey/src/platform/stopwatch.ts'
import { silentLogger, type Logger } from '../../packages/latchkey/src/platform/logger.ts'
import { systemTimers } from '../../packages/latchkey/src/platform/timers.ts'
import type { ContractDatabase } from '../../packages/latchkey/src/storage/contract/contract.ts'
import { createRedisLimitStore } from '../../packages/latchkey/src/storage/redis/redis-limit-store.ts'
import { createSqliteStorage } from '../../packages/latchkey/src/storage/sql/sqlite/sqlite-storage.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { freshPrefix, redisUrl, removePrefix } from './redis.ts'

export interface LimitedStorage extends Storage {
  fallenBackMs(): number
  /** How often the database took the budgets. */
  fallbacks(): number
}

/** An SQLite file whose budgets are in Redis. */
export interface RedisDatabase extends ContractDatabase {
  readonly storage: LimitedStorage
  /** The same without Redis. */
  readonly database: Storage
  readonly prefix: string
  attach(database: Storage): LimitedStorage
  openAnother(): Promise<LimitedStorage>
}

export async function createRedisStorage({
  url = redisUrl,
  timeoutMs = 2_000,
  logger = silentLogger,
}: {
  readonly url?: string
  readonly timeoutMs?: number
  readonly logger?: Logger
} = {}): Promise<RedisDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-limits-'))
  const prefix = freshPrefix()
  const limitStore = createRedisLimitStore({ url, prefix, timeoutMs })
  const attach = (database: Storage): LimitedStorage => {
    let fallbacks = 0
    const limits = limitStore.attach(database, {
      stopwatch: systemStopwatch,
      timers: systemTimers,
      logger,
      onFallback: () => void fallbacks++,
    })
    return {
      ...database,
      charge: limits.charge,
      commit: limits.commit,
      fallenBackMs: limits.fallenBackMs,
      fallbacks: () => fallbacks,
      async close() {
        limits.close()
        await database.close()
      },
    }
  }
  const open = async (): Promise<Storage> => {
    const opened = await createSqliteStorage({ filename: join(folder, 'latchkey.db') })
    await opened.migrate()
    return opened
  }
  const database = await open()
  const storage = attach(database)
  return {
    storage,
    database,
    prefix,
    attach,
    openAnother: async () => attach(await open()),
    async cleanUp() {
      await storage.close()
      if (url === redisUrl) await removePrefix(prefix)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
