import { copyFile, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aKey, anEvent, aUser, noon } from '../contract/fixtures.ts'
import { sqliteMigrations } from '../migrations/sqlite/list.ts'
import { openSqliteDatabase, type SqliteDatabase } from './sqlite/database.ts'
import { migrateSqlite } from './sqlite/migrate.ts'
import { createSqliteStorage } from './sqlite/sqlite-storage.ts'
import { createSqliteRunner, type SqliteRunner } from './sqlite/transaction.ts'
import { compileStatements } from './statements/statements.ts'

const tablePrefix = 'latchkey_'

let directory: string
let filename: string
let database: SqliteDatabase
/** The level at which each COMMIT ran. */
let commits: unknown[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-durability-'))
  filename = join(directory, 'latchkey.db')
  database = await openSqliteDatabase({ filename, busyTimeoutMs: 1_000 })
  await migrateSqlite(database, { migrations: sqliteMigrations, tablePrefix }, () => undefined)
  commits = []
})

afterEach(async () => {
  database.close()
  await rm(directory, { recursive: true })
})

function runner(isOurs: boolean): SqliteRunner {
  const watched: SqliteDatabase = {
    get inTransaction() {
      return database.inTransaction
    },
    prepare(text) {
      const prepared = database.prepare(text)
      return {
        run(values) {
          if (text === 'COMMIT') commits.push(levelOf(database))
          return prepared.run(values)
        },
        all: (values) => prepared.all(values),
        raw: (toggle) => prepared.raw(toggle),
        get: (values) => prepared.get(values),
        pluck: (toggle) => prepared.pluck(toggle),
      }
    },
    exec: (text) => database.exec(text),
    pragma: (text) => database.pragma(text),
    backup: (to) => database.backup(to),
    close: () => database.close(),
  }
  return createSqliteRunner(watched, compileStatements('sqlite', tablePrefix), { isOurs })
}

function levelOf(connection: SqliteDatabase): unknown {
  const [row] = connection.pragma('synchronous') as readonly { readonly synchronous: number }[]
  return row?.synchronous === 2 ? 'FULL' : 'NORMAL'
}

const budget = (key: string) => ({ kind: 'budget', key, limit: 1, windowMs: 60_000 }) as const
const event = () => [{ kind: 'appendEvent', event: anEvent() }] as const

describe('what outlives a power cut in SQLite', () => {
  it('is every commit, and every charge from the next commit on', async () => {
    const subject = runner(true)
    for (let turn = 0; turn < 3; turn++) {
      await subject.charge([budget(aKey())], noon, undefined)
      await subject.charge([budget(aKey())], noon, undefined)
      await subject.commit(event(), noon)
      await subject.commit(event(), noon)
    }
    const turn = ['NORMAL', 'NORMAL', 'FULL', 'FULL']
    expect(commits).toEqual([...turn, ...turn, ...turn])
  })

  it('is a charge at once where it shares a transaction with a commit', async () => {
    const subject = runner(true)
    const charging = subject.charge([budget(aKey())], noon, undefined)
    await Promise.all([charging, subject.commit(event(), noon)])
    await Promise.all([1, 2].map(() => subject.charge([budget(aKey())], noon, undefined)))
    expect(commits).toEqual(['FULL', 'NORMAL'])
  })

  it('is a commit after charges that were lost or failed', async () => {
    const subject = runner(true)
    const key = aKey()
    await subject.charge([budget(key)], noon, undefined)
    expect(await subject.charge([budget(key)], noon, undefined)).toMatchObject({ ok: false })
    await subject.commit(event(), noon)
    const other = new Database(filename, { timeout: 0 })
    other.exec('BEGIN IMMEDIATE')
    database.pragma('busy_timeout = 0')
    await expect(subject.charge([budget(aKey())], noon, undefined)).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
    other.exec('ROLLBACK')
    other.close()
    await subject.commit(event(), noon)
    expect(commits).toEqual(['NORMAL', 'FULL', 'FULL'])
  })

  it('is what the application has set where the connection is its own', async () => {
    const subject = runner(false)
    await subject.charge([budget(aKey())], noon, undefined)
    await subject.commit(event(), noon)
    database.pragma('synchronous = NORMAL')
    await subject.commit(event(), noon)
    expect(commits).toEqual(['FULL', 'FULL', 'NORMAL'])
  })
})

describe('a power cut that takes the end of the log', () => {
  it('gives back the charges behind the last commit and nothing else, wherever it cuts', async () => {
    const storage = await createSqliteStorage({ filename })
    const [user, before, behind] = [aUser(), aKey(), aKey()]
    await storage.charge([budget(before)], noon)
    await storage.commit([{ kind: 'createUser', user }], noon)
    const { size: synced } = await stat(`${filename}-wal`)
    await storage.charge([budget(behind)], noon)
    const { size: written } = await stat(`${filename}-wal`)
    expect(written).toBeGreaterThan(synced)
    for (let size = synced; size <= written; size += 1_000) {
      const copy = join(directory, `cut-${size}.db`)
      await copyFile(filename, copy)
      await copyFile(`${filename}-wal`, `${copy}-wal`)
      await truncate(`${copy}-wal`, size)
      const after = await createSqliteStorage({ filename: copy })
      expect(await after.findUser(user.id)).toEqual(user)
      expect(await after.charge([budget(before)], noon)).toMatchObject({ lost: { reason: 'over_limit' } })
      expect(await after.charge([budget(behind)], noon)).toMatchObject({ ok: true })
      await after.close()
    }
    await storage.close()
  })
})
