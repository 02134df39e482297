import { LatchkeyError } from '../../../platform/errors.ts'
import { systemRandom, type Random } from '../../../platform/random.ts'
import { systemSleep, type Sleep } from '../../../platform/sleep.ts'
import type { Migration } from '../../migrations/migration.ts'
import { postgresMigrations } from '../../migrations/postgres/list.ts'
import type { Storage } from '../../storage.ts'
import { faultError } from '../database-fault.ts'
import { lostChargeAnswer, lostChargeQuestion } from '../lost-charge.ts'
import { statusOf } from '../migrate.ts'
import { createQueries, type Read } from '../queries.ts'
import { chargePersistently, commitPersistently, mostTries, pauseBeforeRepeat } from '../repeat.ts'
import { compileStatements, type StatementName } from '../statements/statements.ts'
import { checkedTablePrefix } from '../table-prefix.ts'
import { loadPostgresDriver, rowsOf, type PostgresPool, type PostgresQuery, type PostgresResult } from './driver.ts'
import { postgresFault } from './faults.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { migratePostgres, readPostgresRecords } from './migrate.ts'
import { createPrepareQuery } from './prepare.ts'
import { tryCharge, tryCommit } from './transaction.ts'

export interface PostgresStorageOptions {
  /** `postgres://user:password@host:port/database`; TLS as in `?sslmode=verify-full`. */
  readonly url?: string
  /** Instead of `url`: a `pg` pool of the app, best with `pipeline: true`. Its time-outs are the app's; `close` leaves it open. */
  readonly pool?: PostgresPool
  /** In front of every table's name. Default `latchkey_`. */
  readonly tablePrefix?: string
  /** Connections for commits, charges and lists; two more serve look-ups. Default 10. */
  readonly maxConnections?: number
  /** Default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long one statement may take, a quarter of it waiting at a lock. Default 10,000. */
  readonly statementTimeoutMs?: number
  readonly random?: Random
  readonly sleep?: Sleep
  /** For tests of the migrator; default: those that this version carries. */
  readonly migrations?: readonly Migration[]
}

// Look-ups by key that every request may make. What lists or counts is kept off the lanes.
const lookUps: ReadonlySet<StatementName> = new Set<StatementName>([
  'findSession',
  'findUser',
  'findUserByEmail',
  'findSubject',
  'findSubjectByEmail',
  'findChallenge',
  'findDevice',
  'findBudget',
  'findLostAttempt',
  'hasEvent',
  'listChanges',
  'databaseNow',
])
const laneCount = 2

/**
 * A storage on PostgreSQL 13 or later, through `pg` (`npm install pg`). Nothing is connected until the first call; a database that
 * went away is connected to again by the calls that follow.
 *
 * @throws LatchkeyError `config_invalid` without the driver or without `url` and `pool`.
 * @example const storage = await createPostgresStorage({ url: 'postgres://app:secret@127.0.0.1/app' })
 */
export async function createPostgresStorage(options: PostgresStorageOptions): Promise<Storage> {
  const { random = systemRandom, sleep = systemSleep, migrations = postgresMigrations } = options
  const tablePrefix = checkedTablePrefix(options.tablePrefix)
  const { pool, lanes } = await openOrTake(options)
  const prepare = createPrepareQuery(compileStatements('postgres', tablePrefix))
  const ports = { pool, prepare }

  function run(name: StatementName, query: PostgresQuery): Promise<PostgresResult> {
    return lanes !== undefined && lookUps.has(name) ? lanes.query(query) : pool.query(query)
  }

  /** A read has no effect, so it may be repeated whatever happened to it. */
  const read: Read = async (name, values) => {
    const query = prepare(name, values)
    for (let tries = 1; ; tries++) {
      try {
        return rowsOf(await run(name, query))
      } catch (error) {
        const fault = postgresFault(error)
        if (fault === undefined) throw error
        const again = fault === 'collision' ? tries < mostTries : fault === 'cut' && tries === 1 && !isRefused(error)
        if (!again) throw faultError(fault === 'cut' ? 'unavailable' : fault, error)
      }
      await pauseBeforeRepeat(tries, { random, sleep })
    }
  }
  const queries = createQueries(read)

  async function onPool<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof LatchkeyError) throw error
      const fault = postgresFault(error)
      throw fault === undefined ? error : faultError(fault === 'cut' ? 'unavailable' : fault, error)
    }
  }

  return {
    dialect: 'postgres',
    ...queries,
    commit: (writes, now) =>
      commitPersistently(writes, () => tryCommit(ports, writes, now), { random, sleep, hasEvent: queries.hasEvent }),
    async charge(charges, now) {
      const outcome = await chargePersistently(() => tryCharge(ports, charges, now), { random, sleep })
      if (outcome.ok) return outcome
      const { statement, values } = lostChargeQuestion(outcome.charge, now)
      const [row] = await read(statement, values)
      const { result, heal } = lostChargeAnswer(outcome, row, now)
      if (heal !== undefined) await onPool(() => pool.query(prepare('healBudget', heal)))
      return result
    },
    migrate: (progress = () => undefined) => onPool(() => migratePostgres(pool, { migrations, tablePrefix }, progress)),
    migrationStatus: () => onPool(async () => statusOf(await readPostgresRecords(pool, tablePrefix), migrations)),
    async close() {
      if (options.pool !== undefined) return
      await Promise.all([pool.end(), lanes?.end()])
    },
  }
}

/** Nobody is there: a repeat would find nobody either. */
function isRefused(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EHOSTUNREACH' || code === 'ENOENT'
}

async function openOrTake(
  options: PostgresStorageOptions,
): Promise<{ readonly pool: PostgresPool; readonly lanes: Lanes | undefined }> {
  const { url, pool: given, maxConnections = 10, connectTimeoutMs = 5_000, statementTimeoutMs = 10_000 } = options
  if (given !== undefined) return { pool: given, lanes: undefined }
  if (url === undefined) throw new LatchkeyError('config_invalid', 'createPostgresStorage needs `url` or `pool`.')
  const driver = await loadPostgresDriver({ url, maxConnections, connectTimeoutMs, statementTimeoutMs })
  const pool = driver.createPool()
  // An idle connection that breaks is replaced by the pool; the next caller need not hear of it.
  pool.on('error', () => undefined)
  return { pool, lanes: createLanes(laneCount, driver.createLane) }
}
