import { LatchkeyError } from '../../../platform/errors.ts'
import { systemRandom, type Random } from '../../../platform/random.ts'
import { systemSleep, type Sleep } from '../../../platform/sleep.ts'
import { createAnnouncer, type ChangeSignals } from '../../../store/change-signals.ts'
import { announcingCommit } from '../../../store/changes.ts'
import type { Migration } from '../../migrations/migration.ts'
import { postgresMigrations } from '../../migrations/postgres/list.ts'
import type { Storage } from '../../storage.ts'
import { faultError } from '../database-fault.ts'
import { lostChargeAnswer, lostChargeQuestion } from '../lost-charge.ts'
import { statusOf } from '../migrate.ts'
import { createQueries, type Read } from '../queries.ts'
import { chargePersistently, commitPersistently, mostTries, pauseBeforeRepeat } from '../repeat.ts'
import type { SqlParameters, SqlRow } from '../statement.ts'
import { compileStatements, type StatementName } from '../statements/statements.ts'
import { checkedTablePrefix } from '../table-prefix.ts'
import { loadPostgresDriver, loadSend, rowsOf, type PostgresListener, type PostgresPool } from './driver.ts'
import { postgresFault } from './faults.ts'
import { runFlight } from './flight.ts'
import { createTeller, listenOn } from './hints.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { migratePostgres, readPostgresRecords } from './migrate.ts'
import { createPrepareQuery } from './prepare.ts'
import type { Send } from './send.ts'
import { tryCharge, tryCommit } from './transaction.ts'

export interface PostgresStorageOptions {
  /** `postgres://user:password@host:port/database`; TLS as in `?sslmode=verify-full`. */
  readonly url?: string
  /** Instead of `url`: a `pg` pool of the app, best with `pipeline: true`. Its time-outs are the app's; `close` leaves it open. */
  readonly pool?: PostgresPool
  /**
   * One further connection on which changes are heard (LISTEN), so that a revocation is seen by other nodes within milliseconds instead
   * of half a second. Default the `url`, without an own connection beside a `pool`. A pooler that shares connections between transactions
   * (PgBouncer) passes nothing on: give it the address of the database itself, or `false` to spare the connection.
   */
  readonly listenUrl?: string | false
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
  const { pool, send, lanes, createListener } = await openOrTake(options)
  const prepare = createPrepareQuery(compileStatements('postgres', tablePrefix))
  const ports = { pool, send, prepare }

  async function run(name: StatementName, values: SqlParameters): Promise<readonly SqlRow[]> {
    const query = prepare(name, values)
    const flight = lanes !== undefined && lookUps.has(name) ? await lanes.send(query) : await runFlight(ports, [query])
    if (flight.ok) return flight.results.flatMap(rowsOf)
    throw 'notConnected' in flight ? flight.notConnected : flight.failure.error
  }

  /** A read has no effect, so it may be repeated whatever happened to it. */
  const read: Read = async (name, values) => {
    for (let tries = 1; ; tries++) {
      try {
        return await run(name, values)
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

  const channel = `${tablePrefix}change`
  const tell = createTeller(pool, channel)
  const { subscribe, announce } = createAnnouncer()
  const listening = new Set<() => Promise<void>>()
  const changeSignals: ChangeSignals = {
    subscribe,
    ...(createListener === undefined
      ? {}
      : {
          listen(hint) {
            const stop = listenOn(createListener, channel, hint)
            listening.add(stop)
            return async () => {
              listening.delete(stop)
              await stop()
            }
          },
        }),
  }

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
    changeSignals,
    ...queries,
    commit: announcingCommit(
      (writes, now) =>
        commitPersistently(writes, () => tryCommit(ports, writes, now), { random, sleep, hasEvent: queries.hasEvent }),
      (touched) => {
        announce(touched)
        if (touched.length > 0) tell()
      },
    ),
    async charge(charges, now, email) {
      const outcome = await chargePersistently(() => tryCharge(ports, charges, { now, email }), { random, sleep })
      if (outcome.ok) return outcome
      const { statement, values } = lostChargeQuestion(outcome.charge, now)
      const [row] = await read(statement, values)
      const { result, heal } = lostChargeAnswer(outcome, row, now)
      if (heal !== undefined) await onPool(() => run('healBudget', heal))
      return result
    },
    migrate: (progress = () => undefined) => onPool(() => migratePostgres(pool, { migrations, tablePrefix }, progress)),
    migrationStatus: () => onPool(async () => statusOf(await readPostgresRecords(pool, tablePrefix), migrations)),
    async close() {
      await Promise.all([...listening].map((stop) => stop()))
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

async function openOrTake(options: PostgresStorageOptions): Promise<{
  readonly pool: PostgresPool
  readonly send: Send
  readonly lanes: Lanes | undefined
  readonly createListener: (() => PostgresListener) | undefined
}> {
  const { url, pool: given, listenUrl, maxConnections = 10 } = options
  const { connectTimeoutMs = 5_000, statementTimeoutMs = 10_000 } = options
  const times = { maxConnections, connectTimeoutMs, statementTimeoutMs }
  if (given !== undefined) {
    const listener = typeof listenUrl === 'string' ? await loadPostgresDriver({ ...times, url: listenUrl }) : undefined
    const send = await loadSend()
    return { pool: given, send, lanes: undefined, createListener: listener?.createListener }
  }
  if (url === undefined) throw new LatchkeyError('config_invalid', 'createPostgresStorage needs `url` or `pool`.')
  const driver = await loadPostgresDriver({ ...times, url, listenUrl: listenUrl === false ? undefined : listenUrl })
  const pool = driver.createPool()
  // An idle connection that breaks is replaced by the pool; the next caller need not hear of it.
  pool.on('error', () => undefined)
  const createListener = listenUrl === false ? undefined : driver.createListener
  const { send, createLane } = driver
  return { pool, send, lanes: createLanes({ count: laneCount, send }, createLane), createListener }
}
