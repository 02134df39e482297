import { LatchkeyError } from '../../../platform/errors.ts'
import { systemRandom, type Random } from '../../../platform/random.ts'
import { systemSleep, type Sleep } from '../../../platform/sleep.ts'
import { createAnnouncer } from '../../../store/change-signals.ts'
import { announcingCommit } from '../../../store/changes.ts'
import type { Migration } from '../../migrations/migration.ts'
import { sqliteMigrations } from '../../migrations/sqlite/list.ts'
import type { MigrationReport, Storage } from '../../storage.ts'
import { faultError } from '../database-fault.ts'
import { statusOf } from '../migrate.ts'
import { createQueries } from '../queries.ts'
import { mostTries, pauseBeforeRepeat } from '../repeat.ts'
import { compileStatements } from '../statements/statements.ts'
import { checkedTablePrefix } from '../table-prefix.ts'
import { openSqliteDatabase, prepareConnection, type SqliteDatabase } from './database.ts'
import { sqliteFault } from './faults.ts'
import { migrateSqlite, readRecords } from './migrate.ts'
import { createSqliteRunner } from './transaction.ts'

export interface SqliteStorageOptions {
  /** Path of the database file; made, with its directory, when it is not there. `:memory:` lives as long as the storage. */
  readonly filename?: string
  /** Instead of `filename`: a better-sqlite3 `Database` of the app. Set WAL and `synchronous = FULL` on it; `close` leaves it open. */
  readonly database?: SqliteDatabase
  /** In front of every table's name. Default `latchkey_`. */
  readonly tablePrefix?: string
  /** How long one try waits, blocking this process, for another process that writes. Default 1,000; five tries are made. */
  readonly busyTimeoutMs?: number
  readonly random?: Random
  readonly sleep?: Sleep
  /** For tests of the migrator; default: those that this version carries. */
  readonly migrations?: readonly Migration[]
}

export interface SqliteStorage extends Storage {
  readonly dialect: 'sqlite'
  /** Copies the database, while it is in use, to a new file that can be opened in its place. */
  backup(filename: string): Promise<void>
}

/**
 * A storage in one SQLite file, through better-sqlite3 (`npm install better-sqlite3`). One process serves it; others (`latchkey sweep`)
 * may write to it at the same time.
 *
 * @throws LatchkeyError `storage_unavailable` when the file cannot be made or opened, `config_invalid` without the driver.
 * @example const storage = await createSqliteStorage({ filename: 'data/latchkey.db' })
 */
export async function createSqliteStorage(options: SqliteStorageOptions): Promise<SqliteStorage> {
  const { random = systemRandom, sleep = systemSleep, busyTimeoutMs = 1_000, migrations = sqliteMigrations } = options
  const tablePrefix = checkedTablePrefix(options.tablePrefix)
  const database = await openOrTake(options, busyTimeoutMs)
  const runner = createSqliteRunner(database, compileStatements('sqlite', tablePrefix), {
    isOurs: options.database === undefined,
  })

  const { subscribe, announce } = createAnnouncer()

  let migrated: Promise<unknown> = Promise.resolve()

  /** Another process that writes makes us wait and try again; everything else that SQLite reports is a fault. */
  async function persistently<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        const kind = sqliteFault(error)
        if (kind === undefined) throw error
        if (kind !== 'collision') throw faultError(kind, error)
        if (tries === mostTries) throw faultError('unavailable', error)
      }
      await pauseBeforeRepeat(tries, { random, sleep })
    }
  }

  return {
    dialect: 'sqlite',
    changeSignals: { subscribe, version: runner.dataVersion },
    // A read waits for nobody in WAL mode; whatever it throws is a fault.
    ...createQueries((name, values) => {
      try {
        return Promise.resolve(runner.read(name, values))
      } catch (error) {
        const kind = sqliteFault(error)
        return Promise.reject(
          kind === undefined ? asError(error) : faultError(kind === 'collision' ? 'unavailable' : kind, error),
        )
      }
    }),
    commit: announcingCommit((writes, now) => persistently(() => runner.commit(writes, now)), announce),
    charge: (charges, now, email) => persistently(() => runner.charge(charges, now, email)),
    migrate(progress = () => undefined) {
      // One after the other: two on one connection would be one transaction inside another.
      const run = (): Promise<MigrationReport> =>
        persistently(() => migrateSqlite(database, { migrations, tablePrefix }, progress))
      const report = migrated.then(run, run)
      migrated = report
      return report
    },
    migrationStatus: () => persistently(() => statusOf(readRecords(database, tablePrefix), migrations)),
    async backup(filename) {
      await persistently(() => database.backup(filename))
    },
    close() {
      runner.drain()
      if (options.database === undefined) database.close()
      return Promise.resolve()
    },
  }
}

async function openOrTake(options: SqliteStorageOptions, busyTimeoutMs: number): Promise<SqliteDatabase> {
  const { filename, database } = options
  if (database !== undefined) {
    prepareConnection(database, busyTimeoutMs)
    return database
  }
  if (filename !== undefined && filename !== '') return openSqliteDatabase({ filename, busyTimeoutMs })
  throw new LatchkeyError('config_invalid', 'createSqliteStorage needs `filename` or `database`.')
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the driver threw something that is no error', { cause: error })
}
