import { createMemoryStorage } from 'latchkey/memory'
import { createMysqlStorage } from 'latchkey/mysql'
import { createPostgresStorage } from 'latchkey/postgres'
import { createRedisLimitStore } from 'latchkey/redis'
import { createSqliteStorage } from 'latchkey/sqlite'
import { Redis } from 'ioredis'
import pg from 'pg'
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible'
import type { Contestant, ContestantOptions, Operation } from '../harness/contestant.ts'
import {
  createMysqlDatabase,
  createPostgresDatabase,
  createSqliteFile,
  redisUrl,
  type Database,
} from '../harness/databases.ts'

type Storage = ReturnType<typeof createMemoryStorage>

const windowMs = 15 * 60_000
const limit = 100

/** One charge of one address: ours through the port that every sign-in charges through, and the well-known library. */
export async function create(options: ContestantOptions): Promise<Contestant> {
  const database = await databaseOf(options)
  const limiter =
    options['library'] === true ? await libraryLimiter(options, database) : await ourLimiter(options, database)
  const seen = Number(options['addresses'] ?? 1_000)
  for (let index = 0; index < seen; index += 64)
    await Promise.all(Array.from({ length: Math.min(64, seen - index) }, (_, at) => limiter.charge(index + at)))
  const charge: Operation = { run: (index) => limiter.charge((index * 7_919) % seen) }
  return {
    operations: { charge },
    async close() {
      await limiter.close()
      await database?.drop()
    },
  }
}

interface Limiter {
  charge(address: number): Promise<void>
  close(): Promise<void>
}

async function ourLimiter(options: ContestantOptions, made: Database | undefined): Promise<Limiter> {
  const { database = 'memory', redis } = options
  const url = made?.url ?? ''
  const storage = await {
    memory: async () => createMemoryStorage(),
    sqlite: () => createSqliteStorage({ filename: url }),
    postgres: () => createPostgresStorage({ url }),
    mysql: () => createMysqlStorage({ url }),
  }[database]()
  await storage.migrate()
  const limits =
    redis === true ? await limitsInRedis(storage) : { charge: storage.charge, close: () => storage.close() }
  // Time passes with the charges, so that no address runs into its limit: refusing is a different work.
  let now = Date.now()
  return {
    async charge(address) {
      now += 10
      const key = `password/network/198.18.${address >> 8}.${address & 255}`
      const charged = await limits.charge([{ kind: 'budget', key, limit, windowMs }], now)
      if (!charged.ok) throw new Error('the limit was reached')
    },
    close: () => limits.close(),
  }
}

/** As an engine puts them together. The database behind is asked for nothing unless Redis is away, which ends the measurement. */
async function limitsInRedis(storage: Storage): Promise<Pick<Storage, 'charge' | 'close'>> {
  const prefix = `latchkey-bench-${process.pid}:`
  const silent = (): void => undefined
  const limits = createRedisLimitStore({ url: redisUrl, prefix, timeoutMs: 5_000 }).attach(storage, {
    stopwatch: { elapsedMs: () => performance.now() },
    timers: {
      after(ms, run) {
        const timer = setTimeout(run, ms).unref()
        return () => clearTimeout(timer)
      },
    },
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    onFallback() {
      throw new Error('Redis did not answer')
    },
  })
  return {
    charge: limits.charge,
    async close() {
      limits.close()
      const client = new Redis(redisUrl)
      await removeKeys(client, prefix)
      client.disconnect()
      await storage.close()
    },
  }
}

async function removeKeys(client: Redis, prefix: string): Promise<void> {
  const keys = await client.keys(`${prefix}*`)
  for (let at = 0; at < keys.length; at += 1_000) await client.del(...keys.slice(at, at + 1_000))
}

async function libraryLimiter({ database, redis }: ContestantOptions, made: Database | undefined): Promise<Limiter> {
  const common = { points: 1_000_000, duration: windowMs / 1_000, keyPrefix: `latchkey-bench-${process.pid}` }
  if (redis === true) {
    const client = new Redis(redisUrl)
    return limiterOf(new RateLimiterRedis({ ...common, storeClient: client }), async () => {
      await removeKeys(client, common.keyPrefix)
      client.disconnect()
    })
  }
  if (database === 'postgres') {
    const pool = new pg.Pool({ connectionString: made?.url ?? '', max: 12 })
    pool.on('error', () => undefined)
    const limiter = await new Promise<RateLimiterPostgres>((resolve, reject) => {
      const opened = new RateLimiterPostgres(
        { ...common, storeClient: pool, storeType: 'pool', tableName: 'limits' },
        (error?: Error) => (error === undefined || error === null ? resolve(opened) : reject(error)),
      )
    })
    return limiterOf(limiter, () => pool.end())
  }
  return limiterOf(new RateLimiterMemory(common), () => Promise.resolve())
}

function limiterOf(limiter: RateLimiterAbstract, close: () => Promise<void>): Limiter {
  return {
    charge: async (address) => void (await limiter.consume(`198.18.${address >> 8}.${address & 255}`)),
    close,
  }
}

async function databaseOf({ database, redis }: ContestantOptions): Promise<Database | undefined> {
  if (redis === true) return undefined
  if (database === 'sqlite') return createSqliteFile()
  if (database === 'postgres') return createPostgresDatabase()
  return database === 'mysql' ? createMysqlDatabase() : undefined
}
