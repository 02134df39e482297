import type { Migration } from '../../migrations/migration.ts'
import type { MigrationReport, MigrationStep } from '../../storage.ts'
import { number, text } from '../cells.ts'
import { applyMigrations, migrationText, type MigrationRecord, type MigrationSession } from '../migrate.ts'
import { rowsOf, type SqliteDatabase } from './database.ts'

/** All or none: DDL is transactional, and BEGIN IMMEDIATE keeps every other process out until the end. */
export async function migrateSqlite(
  database: SqliteDatabase,
  { migrations, tablePrefix }: { readonly migrations: readonly Migration[]; readonly tablePrefix: string },
  progress: (step: MigrationStep) => void,
): Promise<MigrationReport> {
  const session: MigrationSession = {
    records: () => Promise.resolve(readRecords(database, tablePrefix)),
    apply(migration, checksum) {
      for (const statement of migration.statements) database.exec(migrationText(statement, { tablePrefix }))
      database
        .prepare(
          `INSERT INTO ${tablePrefix}migration (name, checksum, statements_done, finished_at)
           VALUES (?, ?, ?, unixepoch() * 1000)`,
        )
        .run([migration.name, checksum, migration.statements.length])
      return Promise.resolve()
    },
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${tablePrefix}migration (
        name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, statements_done INTEGER NOT NULL, finished_at BIGINT
      )`,
    )
    const report = await applyMigrations(session, migrations, progress)
    database.exec('COMMIT')
    return report
  } finally {
    if (database.inTransaction) database.exec('ROLLBACK')
  }
}

export function readRecords(database: SqliteDatabase, tablePrefix: string): readonly MigrationRecord[] {
  const found = query(database, `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${tablePrefix}migration'`)
  if (found.length === 0) return []
  const records = query(
    database,
    `SELECT name, checksum, statements_done, finished_at FROM ${tablePrefix}migration ORDER BY name`,
  )
  return records.map((row) => ({
    name: text(row[0]),
    checksum: text(row[1]),
    statementsDone: number(row[2]),
    finishedAt: row[3] === null ? null : number(row[3]),
  }))
}

function query(database: SqliteDatabase, statement: string): ReturnType<typeof rowsOf> {
  const prepared = database.prepare(statement)
  prepared.raw(true)
  return rowsOf(prepared.all([]))
}
