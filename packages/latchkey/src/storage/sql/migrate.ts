import { checksumOf } from '../../platform/checksum.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import type { Migration } from '../migrations/migration.ts'
import type { MigrationReport, MigrationStatus, MigrationStep } from '../storage.ts'

/** A row of the table `migration`. `statementsDone` is behind the last statement that was carried out. */
export interface MigrationRecord {
  readonly name: string
  readonly checksum: string
  readonly statementsDone: number
  /** `null` while it is under way, or was interrupted. */
  readonly finishedAt: number | null
}

/** What a dialect does while it holds the migration lock. */
export interface MigrationSession {
  records(): Promise<readonly MigrationRecord[]>
  /** Carries out one migration from statement `from` on and records it, as atomically as the database can. */
  apply(migration: Migration, checksum: string, from: number): Promise<void>
}

/** Under the lock: refuses a history that is not ours, then applies what is missing, in order. */
export async function applyMigrations(
  session: MigrationSession,
  migrations: readonly Migration[],
  progress: (step: MigrationStep) => void,
): Promise<MigrationReport> {
  const records = await session.records()
  const { altered } = statusOf(records, migrations)
  if (altered.length > 0) {
    throw new LatchkeyError(
      'schema_outdated',
      `These migrations were applied to this database with another text than this version carries: ${altered.join(', ')}. ` +
        'Nothing was changed. Use the version that made the database, or restore the migration files.',
    )
  }
  const waiting = migrations.filter(
    ({ name }) => !records.some((record) => record.name === name && record.finishedAt !== null),
  )
  const applied: string[] = []
  for (const [index, migration] of waiting.entries()) {
    progress({ name: migration.name, index, total: waiting.length })
    const begun = records.find(({ name }) => name === migration.name)
    await session.apply(migration, migrationChecksum(migration), begun?.statementsDone ?? 0)
    applied.push(migration.name)
  }
  return { applied }
}

export function statusOf(records: readonly MigrationRecord[], migrations: readonly Migration[]): MigrationStatus {
  const known = new Map(migrations.map((migration) => [migration.name, migrationChecksum(migration)]))
  const finished = records.filter(({ finishedAt }) => finishedAt !== null).map(({ name }) => name)
  return {
    applied: finished,
    pending: migrations.map(({ name }) => name).filter((name) => !finished.includes(name)),
    unknown: finished.filter((name) => !known.has(name)),
    altered: records
      .filter(({ name, checksum }) => known.has(name) && known.get(name) !== checksum)
      .map(({ name }) => name),
  }
}

/** Of the text without the layout, before prefix and collation are put in. */
export function migrationChecksum({ name, statements }: Migration): string {
  return checksumOf([name, ...statements.map((statement) => statement.replaceAll(/\s+/g, ' ').trim())].join(';\n'))
}

export function migrationText(
  statement: string,
  { tablePrefix, collation = '' }: { readonly tablePrefix: string; readonly collation?: string },
): string {
  return statement
    .replaceAll('{collation}', collation)
    .replaceAll(/\{(\w+)\}/g, (_, table: string) => tablePrefix + table)
}
