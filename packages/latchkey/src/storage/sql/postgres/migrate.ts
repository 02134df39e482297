import type { Migration } from '../../migrations/migration.ts'
import type { MigrationReport, MigrationStep } from '../../storage.ts'
import { number, text } from '../cells.ts'
import { applyMigrations, migrationText, type MigrationRecord } from '../migrate.ts'
import { asArrays } from './column-types.ts'
import { rowsOf, type PostgresClient, type PostgresPool, type PostgresResult } from './driver.ts'

type Run = (statement: string, values?: readonly string[]) => Promise<PostgresResult>

/**
 * All or none: DDL is transactional here. The lock ends with the transaction, so it also works through a pooler that hands every
 * transaction to another connection.
 */
export async function migratePostgres(
  pool: PostgresPool,
  { migrations, tablePrefix }: { readonly migrations: readonly Migration[]; readonly tablePrefix: string },
  progress: (step: MigrationStep) => void,
): Promise<MigrationReport> {
  const client = await pool.connect()
  client.on('error', () => undefined)
  const run = runOn(client)
  let committed = false
  try {
    await run('BEGIN ISOLATION LEVEL READ COMMITTED')
    // Another node may migrate for minutes, and so may we.
    await run('SET LOCAL statement_timeout = 0')
    await run('SET LOCAL lock_timeout = 0')
    await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${tablePrefix}migration`])
    await run(
      `CREATE TABLE IF NOT EXISTS ${tablePrefix}migration (
        name TEXT COLLATE "C" NOT NULL PRIMARY KEY, checksum TEXT COLLATE "C" NOT NULL,
        statements_done INTEGER NOT NULL, finished_at BIGINT
      )`,
    )
    const report = await applyMigrations(
      {
        records: () => readRecords(run, tablePrefix),
        async apply(migration, checksum) {
          for (const statement of migration.statements) await run(migrationText(statement, { tablePrefix }))
          await run(
            `INSERT INTO ${tablePrefix}migration (name, checksum, statements_done, finished_at)
             VALUES ($1, $2, $3::int, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)`,
            [migration.name, checksum, String(migration.statements.length)],
          )
        },
      },
      migrations,
      progress,
    )
    await run('COMMIT')
    committed = true
    return report
  } finally {
    // Closing the connection rolls back.
    client.release(!committed)
  }
}

export async function readPostgresRecords(
  pool: PostgresPool,
  tablePrefix: string,
): Promise<readonly MigrationRecord[]> {
  const client = await pool.connect()
  try {
    const run = runOn(client)
    const [row] = rowsOf(await run('SELECT to_regclass($1)::text', [`${tablePrefix}migration`]))
    return row === undefined || row[0] === null ? [] : await readRecords(run, tablePrefix)
  } finally {
    client.release()
  }
}

async function readRecords(run: Run, tablePrefix: string): Promise<readonly MigrationRecord[]> {
  const records = await run(
    `SELECT name, checksum, statements_done, finished_at FROM ${tablePrefix}migration ORDER BY name`,
  )
  return rowsOf(records).map((row) => ({
    name: text(row[0]),
    checksum: text(row[1]),
    statementsDone: number(row[2]),
    finishedAt: row[3] === null ? null : number(row[3]),
  }))
}

function runOn(client: PostgresClient): Run {
  return (statement, values = []) => client.query({ text: statement, values, ...asArrays })
}
