import { secondMs } from '../../../platform/clock.ts'
import { LatchkeyError } from '../../../platform/errors.ts'
import { systemRandom, type Random } from '../../../platform/random.ts'
import { systemSleep, type Sleep } from '../../../platform/sleep.ts'
import { createAnnouncer } from '../../../store/change-signals.ts'
import { announcingCommit } from '../../../store/changes.ts'
import type { Migration } from '../../migrations/migration.ts'
import { mysqlMigrations } from '../../migrations/mysql/list.ts'
import type { Storage } from '../../storage.ts'
import { faultError } from '../database-fault.ts'
import { lostChargeAnswer, lostChargeQuestion } from '../lost-charge.ts'
import { statusOf } from '../migrate.ts'
import { createQueries, type Read } from '../queries.ts'
import { chargePersistently, commitPersistently, mostTries, pauseBeforeRepeat } from '../repeat.ts'
import type { SqlParameters } from '../statement.ts'
import { compileStatements, type StatementName } from '../statements/statements.ts'
import { checkedTablePrefix } from '../table-prefix.ts'
import { connectionOf, createMysqlPool, execute, type MysqlResult } from './driver.ts'
import { mysqlFault } from './faults.ts'
import { migrateMysql, readMysqlRecords } from './migrate.ts'
import { queryFor, tryCharge, tryCommit, type MysqlPorts } from './transaction.ts'

export interface MysqlStorageOptions {
  /** `mysql://user:password@host:port/database`, with `?ssl=true` for TLS. */
  readonly url: string
  /** In front of every table's name. Default `latchkey_`. */
  readonly tablePrefix?: string
  /** Default 10. */
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

/**
 * A storage on MariaDB 10.2 or later, or MySQL 8.0.17 or later, through `mysql2` (`npm install mysql2`). Nothing is connected until
 * the first call; a database that went away is connected to again by the calls that follow.
 *
 * @throws LatchkeyError `config_invalid` without the driver or with a broken URL.
 * @example const storage = await createMysqlStorage({ url: 'mysql://app:secret@127.0.0.1/app' })
 */
export async function createMysqlStorage(options: MysqlStorageOptions): Promise<Storage> {
  const { url, maxConnections = 10, connectTimeoutMs = 5_000, statementTimeoutMs = 10_000 } = options
  const { random = systemRandom, sleep = systemSleep, migrations = mysqlMigrations } = options
  const tablePrefix = checkedTablePrefix(options.tablePrefix)
  const pool = await createMysqlPool({ url, maxConnections, connectTimeoutMs, statementTimeoutMs })
  const compiled = compileStatements('mysql', tablePrefix)
  const ports: MysqlPorts = { pool, compiled, timeoutMs: statementTimeoutMs + 5 * secondMs }

  async function runOnce(name: StatementName, values: SqlParameters): Promise<MysqlResult> {
    const connection = await connectionOf(pool)
    try {
      const result = await execute(connection, queryFor(ports, name, values))
      connection.release()
      return result
    } catch (error) {
      const fault = mysqlFault(error)
      if (fault === 'cut' || fault === undefined) connection.destroy()
      else connection.release()
      throw error
    }
  }

  /** A read has no effect, so it may be repeated whatever happened to it. */
  const read: Read = async (name, values) => {
    for (let tries = 1; ; tries++) {
      try {
        return (await runOnce(name, values)).rows
      } catch (error) {
        const fault = mysqlFault(error)
        if (fault === undefined) throw error
        const again = fault === 'collision' ? tries < mostTries : fault === 'cut' && tries === 1
        if (!again) throw faultError(fault === 'cut' ? 'unavailable' : fault, error)
      }
      await pauseBeforeRepeat(tries, { random, sleep })
    }
  }
  const queries = createQueries(read)
  const { subscribe, announce } = createAnnouncer()

  async function onPool<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof LatchkeyError) throw error
      const fault = mysqlFault(error)
      throw fault === undefined ? error : faultError(fault === 'cut' ? 'unavailable' : fault, error)
    }
  }

  return {
    dialect: 'mysql',
    changeSignals: { subscribe },
    ...queries,
    commit: announcingCommit(
      (writes, now) =>
        commitPersistently(writes, () => tryCommit(ports, writes, now), { random, sleep, hasEvent: queries.hasEvent }),
      announce,
    ),
    async charge(charges, now, email) {
      const outcome = await chargePersistently(() => tryCharge(ports, charges, now), { random, sleep })
      if (outcome.ok) return { ...outcome, subject: email && (await queries.findSubjectByEmail(email)) }
      const { statement, values } = lostChargeQuestion(outcome.charge, now)
      const [row] = await read(statement, values)
      const { result, heal } = lostChargeAnswer(outcome, row, now)
      if (heal !== undefined) await onPool(() => runOnce('healBudget', heal))
      return result
    },
    migrate: (progress = () => undefined) => onPool(() => migrateMysql(pool, { migrations, tablePrefix }, progress)),
    migrationStatus: () => onPool(async () => statusOf(await readMysqlRecords(pool, tablePrefix), migrations)),
    close: () =>
      new Promise((resolve) => {
        pool.end(() => resolve())
      }),
  }
}
