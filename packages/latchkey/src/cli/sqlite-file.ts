import { chmodSync, existsSync } from 'node:fs'
import { LatchkeyError } from '../platform/errors.ts'
import { loadDriver } from '../storage/sql/driver.ts'

/** What a look into a database file found. */
export type Inspection =
  | { readonly ok: true; readonly users: number; readonly bytes: number }
  | { readonly ok: false; readonly problem: string }

interface Database {
  pragma(text: string, options?: { readonly simple?: boolean }): unknown
  prepare(text: string): { get(): unknown; pluck(): { get(): unknown } }
  exec(text: string): unknown
  backup(filename: string): Promise<unknown>
  close(): unknown
}

async function open(
  file: string,
  options: { readonly readonly?: boolean; readonly timeout?: number },
): Promise<Database> {
  const { default: Database } = await loadDriver('better-sqlite3', () => import('better-sqlite3'))
  return new Database(file, options)
}

/** Reads every page (https://www.sqlite.org/pragma.html#pragma_integrity_check) and looks for our tables. */
export async function inspectSqliteFile(file: string): Promise<Inspection> {
  if (!existsSync(file)) return { ok: false, problem: `There is no file ${file}.` }
  let database: Database | undefined
  try {
    database = await open(file, { readonly: true })
    const verdict = database.pragma('integrity_check', { simple: true })
    if (verdict !== 'ok') return { ok: false, problem: `${file} is damaged: ${String(verdict)}` }
    const tables = `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('latchkey_user', 'latchkey_migration')`
    if (database.prepare(tables).pluck().get() !== 2) {
      return { ok: false, problem: `${file} is a database, but not one of Latchkey.` }
    }
    const users = Number(database.prepare('SELECT count(*) FROM latchkey_user').pluck().get())
    const pages = Number(database.pragma('page_count', { simple: true }))
    return { ok: true, users, bytes: pages * Number(database.pragma('page_size', { simple: true })) }
  } catch (error) {
    if (error instanceof LatchkeyError) throw error
    return { ok: false, problem: `${file} cannot be read as a SQLite database.` }
  } finally {
    database?.close()
  }
}

/** A server keeps the file open, and with it a shared lock that an exclusive one cannot pass (https://www.sqlite.org/wal.html#noshm). */
export async function isSqliteFileInUse(file: string): Promise<boolean> {
  if (!existsSync(file)) return false
  const database = await open(file, { timeout: 200 })
  try {
    database.pragma('locking_mode = EXCLUSIVE')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    return false
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('SQLITE_BUSY')) return true
    // A damaged file is a reason to restore, and nobody's database.
    if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return false
    throw error
  } finally {
    database.close()
  }
}

/**
 * A consistent copy, whatever still stands in the write-ahead log; readable by this user alone. It is one file, which can be read without making
 * others beside it; a server switches the log on again.
 */
export async function copySqliteFile(from: string, to: string): Promise<void> {
  const database = await open(from, { readonly: true })
  try {
    await database.backup(to)
    chmodSync(to, 0o600)
  } finally {
    database.close()
  }
  const copy = await open(to, {})
  try {
    copy.pragma('journal_mode = DELETE')
  } finally {
    copy.close()
  }
}
