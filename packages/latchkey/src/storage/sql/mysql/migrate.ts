import { LatchkeyError } from '../../../platform/errors.ts'
import type { Migration } from '../../migrations/migration.ts'
import type { MigrationReport, MigrationStep } from '../../storage.ts'
import { number, text } from '../cells.ts'
import { applyMigrations, migrationText, type MigrationRecord } from '../migrate.ts'
import type { SqlRow, SqlValue } from '../statement.ts'
import { command, connectionOf, execute, type MysqlConnection, type MysqlPool } from './driver.ts'
import { isDoneAlready } from './faults.ts'

type Ask = (sql: string, values?: readonly SqlValue[]) => Promise<readonly SqlRow[]>

const lockSeconds = 600
const timeoutMs = lockSeconds * 1_000 * 2

/**
 * DDL commits by itself here, so each statement is recorded when it is done, and a migration that was interrupted goes on behind the
 * last one recorded. GET_LOCK belongs to the connection: it is free again when this process dies.
 */
export async function migrateMysql(
  pool: MysqlPool,
  { migrations, tablePrefix }: { readonly migrations: readonly Migration[]; readonly tablePrefix: string },
  progress: (step: MigrationStep) => void,
): Promise<MigrationReport> {
  const connection = await connectionOf(pool)
  const ask = askOn(connection)
  try {
    // The longest allowed on both servers; on MariaDB the statement time-out would also hold for GET_LOCK and ALTER TABLE.
    await command(connection, 'SET SESSION innodb_lock_wait_timeout = 300 /*M!100100 , max_statement_time = 0 */')
    const lock = `CONCAT('latchkey:', MD5(CONCAT(DATABASE(), '/${tablePrefix}')))`
    const [locked] = await ask(`SELECT GET_LOCK(${lock}, ${lockSeconds})`)
    if (locked?.[0] !== 1) {
      throw new LatchkeyError(
        'storage_unavailable',
        'Another process has been migrating this database for ten minutes.',
      )
    }
    const collation = await binaryCollation(ask)
    await command(
      connection,
      `CREATE TABLE IF NOT EXISTS ${tablePrefix}migration (
        name VARCHAR(100) NOT NULL PRIMARY KEY, checksum VARCHAR(64) NOT NULL,
        statements_done INT NOT NULL, finished_at BIGINT
      ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`,
    )
    return await applyMigrations(
      {
        records: () => readRecords(ask, tablePrefix),
        async apply(migration, checksum, from) {
          const table = `${tablePrefix}migration`
          await ask(
            `INSERT INTO ${table} (name, checksum, statements_done, finished_at) VALUES (?, ?, 0, NULL)
             ON DUPLICATE KEY UPDATE name = name`,
            [migration.name, checksum],
          )
          for (const [index, statement] of migration.statements.entries()) {
            if (index < from) continue
            await runOnce(connection, migrationText(statement, { tablePrefix, collation }), index === from)
            await ask(`UPDATE ${table} SET statements_done = ? WHERE name = ?`, [index + 1, migration.name])
          }
          await ask(`UPDATE ${table} SET finished_at = CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) WHERE name = ?`, [
            migration.name,
          ])
        },
      },
      migrations,
      progress,
    )
  } finally {
    // With its settings and its lock.
    connection.destroy()
  }
}

/** The first one may have been done by a process that died before it could record it. */
async function runOnce(connection: MysqlConnection, statement: string, mayBeDone: boolean): Promise<void> {
  try {
    await command(connection, statement)
  } catch (error) {
    if (!mayBeDone || !isDoneAlready(error)) throw error
  }
}

/** utf8mb4_bin ignores spaces at the end: `a` and `a ` would be one address. */
async function binaryCollation(ask: Ask): Promise<string> {
  const found = await ask(
    `SELECT COLLATION_NAME FROM information_schema.COLLATIONS
     WHERE COLLATION_NAME IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin') ORDER BY COLLATION_NAME DESC`,
  )
  const name = found[0]?.[0]
  if (typeof name === 'string') return name
  throw new LatchkeyError('config_invalid', 'The database server is too old: MySQL 8.0.17 or MariaDB 10.2 is needed.')
}

export async function readMysqlRecords(pool: MysqlPool, tablePrefix: string): Promise<readonly MigrationRecord[]> {
  const connection = await connectionOf(pool)
  try {
    const ask = askOn(connection)
    const found = await ask(
      `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`,
      [`${tablePrefix}migration`],
    )
    return found.length === 0 ? [] : await readRecords(ask, tablePrefix)
  } finally {
    connection.release()
  }
}

async function readRecords(ask: Ask, tablePrefix: string): Promise<readonly MigrationRecord[]> {
  const records = await ask(
    `SELECT name, checksum, statements_done, finished_at FROM ${tablePrefix}migration ORDER BY name`,
  )
  return records.map((row) => ({
    name: text(row[0]),
    checksum: text(row[1]),
    statementsDone: number(row[2]),
    finishedAt: row[3] === null ? null : number(row[3]),
  }))
}

function askOn(connection: MysqlConnection): Ask {
  return async (sql, values = []) =>
    (await execute(connection, { sql, values: [...values], rowsAsArray: true, timeout: timeoutMs })).rows
}
