import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LatchkeyError } from '../../../platform/errors.ts'
import { loadDriver } from '../driver.ts'
import type { SqlRow, SqlValue } from '../statement.ts'

/** What we use of a better-sqlite3 statement. */
export interface SqliteStatement {
  run(values: readonly SqlValue[]): { readonly changes: number }
  all(values: readonly SqlValue[]): unknown[]
  raw(toggle: boolean): unknown
  /** The first row; with `pluck` its first column alone. */
  get(values: readonly SqlValue[]): unknown
  pluck(toggle: boolean): unknown
}

/** What we use of a better-sqlite3 `Database`. */
export interface SqliteDatabase {
  readonly inTransaction: boolean
  prepare(text: string): SqliteStatement
  exec(text: string): unknown
  pragma(text: string): unknown
  backup(filename: string): Promise<unknown>
  close(): unknown
}

export interface SqliteDatabaseOptions {
  readonly filename: string
  readonly busyTimeoutMs: number
}

/**
 * One connection to a file that is made, with its directory, when it is not there; both readable by this user alone. WAL lets readers
 * go on while one writes; synchronous=FULL makes every commit outlive a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export async function openSqliteDatabase({ filename, busyTimeoutMs }: SqliteDatabaseOptions): Promise<SqliteDatabase> {
  const { default: Database } = await loadDriver('better-sqlite3', () => import('better-sqlite3'))
  const isNew = filename !== ':memory:' && makeDirectoryFor(filename)
  let database: SqliteDatabase | undefined
  try {
    database = new Database(filename, { timeout: busyTimeoutMs })
    if (isNew) chmodSync(filename, 0o600)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    // What a savepoint may have to put back: a group of commits has more of it than SQLite keeps in memory by itself.
    database.pragma('temp_store = MEMORY')
    prepareConnection(database, busyTimeoutMs)
    return database
  } catch (error) {
    database?.close()
    throw new LatchkeyError('storage_unavailable', `The SQLite database ${filename} cannot be opened.`, {
      cause: error,
    })
  }
}

export function prepareConnection(database: SqliteDatabase, busyTimeoutMs: number): void {
  database.pragma(`busy_timeout = ${busyTimeoutMs}`)
  database.pragma('foreign_keys = ON')
}

/** Says whether the file is still to be made. */
function makeDirectoryFor(filename: string): boolean {
  const directory = dirname(resolve(filename))
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.W_OK)
    if (!existsSync(filename)) return true
    accessSync(filename, constants.R_OK | constants.W_OK)
    return false
  } catch (error) {
    throw new LatchkeyError(
      'storage_unavailable',
      `The SQLite database ${filename} cannot be made or written. Check that this user may write to the directory ${directory} ` +
        'and to the file, or name another place.',
      { cause: error, saysWhatToDo: true },
    )
  }
}

export function rowsOf(found: unknown[]): readonly SqlRow[] {
  return found as readonly SqlRow[]
}
