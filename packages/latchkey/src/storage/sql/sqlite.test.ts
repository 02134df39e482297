import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, describe, it } from 'vitest'
import { startPeer } from '../../../../../test/databases/peer.ts'
import type { ContractDatabase } from '../contract/contract.ts'
import { storageContract } from '../contract/storage-contract.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite/database.ts'
import { createSqliteStorage } from './sqlite/sqlite-storage.ts'

interface SqliteFile extends ContractDatabase {
  readonly filename: string
  breakBefore: number
}

const directories: string[] = []

async function aFilename(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-sqlite-'))
  directories.push(directory)
  return join(directory, 'latchkey.db')
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true })
})

/** A real database whose statements can be made to fail as an I/O error does. */
function breakable(database: Database.Database, file: { breakBefore: number }): SqliteDatabase {
  let statement = -1
  const beforeRun = (text: string): void => {
    if (text.startsWith('BEGIN')) statement = 0
    else if (text !== 'ROLLBACK' && statement >= 0) statement += 1
    if (file.breakBefore === 0 || text === 'ROLLBACK' || statement < 1) return
    if (statement !== file.breakBefore && text !== 'COMMIT') return
    file.breakBefore = 0
    throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' })
  }
  return {
    get inTransaction() {
      return database.inTransaction
    },
    prepare(text): SqliteStatement {
      const prepared = database.prepare(text)
      return {
        run(values) {
          beforeRun(text)
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
    backup: (filename) => database.backup(filename),
    close: () => database.close(),
  }
}

storageContract<SqliteFile>(
  {
    name: 'sqlite',
    async createStorage() {
      const filename = await aFilename()
      const real = new Database(filename)
      real.pragma('journal_mode = WAL')
      const faults = { breakBefore: 0 }
      const storage = await createSqliteStorage({ database: breakable(real, faults) })
      await storage.migrate()
      const cleanUp = async (): Promise<void> => {
        await storage.close()
        real.close()
      }
      return Object.assign(faults, { storage, filename, cleanUp })
    },
    capabilities: {
      openAnother: ({ filename }) => createSqliteStorage({ filename }),
      startPeer: ({ filename }) => startPeer('sqlite', filename),
      breakCommit(database, statement) {
        database.breakBefore = statement
        return Promise.resolve()
      },
    },
    rounds: Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? 3),
  },
  { describe, it, afterAll },
)
