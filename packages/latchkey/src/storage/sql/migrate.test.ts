import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { startPeer } from '../../../../../test/databases/peer.ts'
import {
  createMysqlDatabase,
  createPostgresDatabase,
  mysqlIsThere,
  postgresIsThere,
  type TestDatabase,
} from '../../../../../test/databases/servers.ts'
import type { Credential } from '../../credential/credential.ts'
import { aCredential, aSession, aUser, noon } from '../contract/fixtures.ts'
import type { Migration } from '../migrations/migration.ts'
import { mysqlMigrations } from '../migrations/mysql/list.ts'
import { postgresMigrations } from '../migrations/postgres/list.ts'
import { sqliteMigrations } from '../migrations/sqlite/list.ts'
import type { Storage } from '../storage.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'
import { createSqliteStorage } from './sqlite/sqlite-storage.ts'

interface Subject {
  readonly dialect: 'sqlite' | 'postgres' | 'mysql'
  readonly isThere: boolean
  readonly shipped: readonly Migration[]
  createEmpty(): Promise<TestDatabase>
  open(place: string, migrations?: readonly Migration[]): Promise<Storage>
}

const subjects: readonly Subject[] = [
  {
    dialect: 'sqlite',
    isThere: true,
    shipped: sqliteMigrations,
    createEmpty: createSqliteFile,
    open: (filename, migrations) => createSqliteStorage({ filename, ...(migrations && { migrations }) }),
  },
  {
    dialect: 'postgres',
    isThere: postgresIsThere,
    shipped: postgresMigrations,
    createEmpty: createPostgresDatabase,
    open: (url, migrations) => createPostgresStorage({ url, ...(migrations && { migrations }) }),
  },
  {
    dialect: 'mysql',
    isThere: mysqlIsThere,
    shipped: mysqlMigrations,
    createEmpty: createMysqlDatabase,
    open: (url, migrations) => createMysqlStorage({ url, ...(migrations && { migrations }) }),
  },
]

async function createSqliteFile(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'))
  const url = join(directory, 'latchkey.db')
  return {
    url,
    urlThrough: () => url,
    async query(text) {
      const database = new Database(url)
      try {
        const statement = database.prepare<unknown[], Record<string, unknown>>(text)
        if (statement.reader) return await Promise.resolve(statement.all())
        statement.run()
        return []
      } finally {
        database.close()
      }
    },
    drop: () => rm(directory, { recursive: true }),
  }
}

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** As a later version would add one: two changes, one of them over rows that are there. */
const later: Migration = {
  name: '0002_later',
  statements: [
    'ALTER TABLE {user} ADD COLUMN nickname VARCHAR(40)',
    `UPDATE {user} SET nickname = 'none' WHERE nickname IS NULL`,
  ],
}

describe.each(subjects.filter(({ isThere }) => isThere))(
  'migrations on $dialect',
  ({ dialect, shipped, createEmpty, open }) => {
    async function empty(): Promise<TestDatabase> {
      const database = await createEmpty()
      cleanUps.push(() => database.drop())
      return database
    }
    async function opened(database: TestDatabase, migrations?: readonly Migration[]): Promise<Storage> {
      const storage = await open(database.url, migrations)
      cleanUps.push(() => storage.close())
      return storage
    }

    it('shows what is missing, applies it once with progress, and finds nothing more to do', async () => {
      const storage = await opened(await empty())
      const names = shipped.map(({ name }) => name)
      expect(await storage.migrationStatus()).toEqual({ applied: [], pending: names, unknown: [], altered: [] })
      const steps: string[] = []
      const report = await storage.migrate(({ name, index, total }) => steps.push(`${name} ${index + 1}/${total}`))
      expect(report).toEqual({ applied: names })
      expect(steps).toEqual(names.map((name, index) => `${name} ${index + 1}/${names.length}`))
      expect(await storage.migrationStatus()).toEqual({ applied: names, pending: [], unknown: [], altered: [] })
      expect(await storage.migrate()).toEqual({ applied: [] })
    })

    it('is applied by one of five processes that start together', async () => {
      const database = await empty()
      const peers = await Promise.all(Array.from({ length: 5 }, () => startPeer(dialect, database.url)))
      const reports = await Promise.all(peers.map((peer) => peer.migrate()))
      await Promise.all(peers.map((peer) => peer.kill()))
      const applied = reports.filter((report) => report.applied.length > 0)
      expect(applied).toEqual([{ applied: shipped.map(({ name }) => name) }])
    }, 60_000)

    it('changes a database with rows in it, and both versions go on working', async () => {
      const database = await empty()
      const earlier = await opened(database)
      await earlier.migrate()
      const user = aUser()
      const session = aSession(user)
      await earlier.commit(
        [
          { kind: 'createUser', user },
          { kind: 'addCredential', credential: aCredential(user) },
          { kind: 'openSession', session },
        ],
        noon,
      )
      const newer = await opened(database, [...shipped, later])
      expect(await newer.migrate()).toEqual({ applied: [later.name] })
      expect(await database.query('SELECT nickname FROM latchkey_user')).toEqual([{ nickname: 'none' }])
      for (const storage of [earlier, newer]) {
        expect(await storage.findSession(session.id)).toEqual({ session, user })
        const next = aUser()
        expect(await storage.commit([{ kind: 'createUser', user: next }], noon)).toEqual({ ok: true, changed: [1] })
      }
      expect((await earlier.migrationStatus()).unknown).toEqual([later.name])
      expect(await earlier.migrate()).toEqual({ applied: [] })
    })

    it('gives the credentials that are there a counter, and takes rows of nodes that do not know it', async () => {
      const database = await empty()
      const earlier = await opened(database, shipped.slice(0, 1))
      await earlier.migrate()
      const user = aUser()
      await earlier.commit([{ kind: 'createUser', user }], noon)
      const [before, after] = [aCredential(user), aCredential(user)]
      const add = (row: Credential): Promise<unknown> =>
        database.query(
          `INSERT INTO latchkey_credential
             (id, user_id, method, identifier, secret, data, confirmed_at, created_at, updated_at)
           VALUES ('${row.id}', '${row.userId}', '${row.method}', '${row.identifier}', '${row.secret}', '${row.data}',
             ${row.confirmedAt}, ${row.createdAt}, ${row.updatedAt})`,
        )
      await add(before)
      const newer = await opened(database)
      expect(await newer.migrate()).toEqual({ applied: shipped.slice(1).map(({ name }) => name) })
      await add(after)
      expect(await newer.findSubject(user.id)).toEqual({ user, credentials: [before, after] })
      const step = { kind: 'advanceTotpStep', credentialId: before.id, step: 1 } as const
      expect(await newer.commit([step], noon)).toEqual({ ok: true, changed: [1] })
      expect(await newer.commit([step], noon)).toEqual({ ok: false, lost: { index: 0, reason: 'step_used' } })
    })

    it('refuses to go on when an applied migration has another text', async () => {
      const database = await empty()
      await (await opened(database, [...shipped, later])).migrate()
      const altered = { ...later, statements: later.statements.slice(0, 1) }
      const storage = await opened(database, [...shipped, altered, { name: '0003_more', statements: ['SELECT 1'] }])
      expect((await storage.migrationStatus()).altered).toEqual([later.name])
      await expect(storage.migrate()).rejects.toMatchObject({
        code: 'schema_outdated',
        message: expect.stringContaining(`with another text than this version carries: ${later.name}`),
      })
      expect((await storage.migrationStatus()).pending).toEqual(['0003_more'])
    })

    it('is repeated after an error in the middle, with nothing done twice', async () => {
      const database = await empty()
      await (await opened(database)).migrate()
      const migration: Migration = {
        name: '0002_note',
        statements: [
          'CREATE TABLE {note} (id INT NOT NULL PRIMARY KEY)',
          'INSERT INTO {note} (id) VALUES (1)',
          'INSERT INTO {note} (id) SELECT id FROM {not_there_yet}',
        ],
      }
      const storage = await opened(database, [...shipped, migration])
      await expect(storage.migrate()).rejects.toMatchObject({ code: 'schema_outdated' })
      expect((await storage.migrationStatus()).pending).toEqual([migration.name])
      const left = await database.query('SELECT id FROM latchkey_note').catch(() => 'no table')
      // Where DDL is transactional nothing of it is left.
      expect(left).toEqual(dialect === 'mysql' ? [{ id: 1 }] : 'no table')
      await database.query('CREATE TABLE latchkey_not_there_yet (id INT NOT NULL PRIMARY KEY)')
      await database.query('INSERT INTO latchkey_not_there_yet (id) VALUES (2)')
      expect(await storage.migrate()).toEqual({ applied: [migration.name] })
      expect(await database.query('SELECT id FROM latchkey_note ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
    })

    it('is whole in the end when the process that migrates is killed, wherever it stands', async () => {
      for (const waitMs of [0, 5, 15, 40, 80]) {
        const database = await empty()
        const peer = await startPeer(dialect, database.url)
        const migrating = peer.migrate().catch(() => undefined)
        await new Promise((resolve) => {
          setTimeout(resolve, waitMs)
        })
        await peer.kill()
        await migrating
        const storage = await opened(database)
        await storage.migrate()
        const names = shipped.map(({ name }) => name)
        expect(await storage.migrationStatus()).toEqual({ applied: names, pending: [], unknown: [], altered: [] })
        expect(await storage.counts(noon)).toMatchObject({ users: 0, waitingChallenges: 0 })
      }
    }, 60_000)

    it('lives under another prefix in the same database', async () => {
      const database = await empty()
      const place = database.url
      const storages = await Promise.all(
        ['latchkey_', 'other_'].map(async (tablePrefix) => {
          const storage =
            dialect === 'sqlite'
              ? await createSqliteStorage({ filename: place, tablePrefix })
              : dialect === 'postgres'
                ? await createPostgresStorage({ url: place, tablePrefix })
                : await createMysqlStorage({ url: place, tablePrefix })
          cleanUps.push(() => storage.close())
          await storage.migrate()
          return storage
        }),
      )
      const user = aUser()
      for (const storage of storages) {
        expect(await storage.findUser(user.id)).toBeUndefined()
        expect(await storage.commit([{ kind: 'createUser', user }], noon)).toEqual({ ok: true, changed: [1] })
        expect(await storage.findUser(user.id)).toEqual(user)
      }
    })
  },
)

describe.skipIf(!mysqlIsThere)('migrations on mysql', () => {
  it('take a statement for done that was carried out but not recorded', async () => {
    const database = await createMysqlDatabase()
    cleanUps.push(() => database.drop())
    const migration: Migration = {
      name: '0002_note',
      statements: ['CREATE TABLE {note} (id INT NOT NULL PRIMARY KEY)', 'INSERT INTO {note} (id) VALUES (1)'],
    }
    const storage = await createMysqlStorage({ url: database.url, migrations: [...mysqlMigrations, migration] })
    cleanUps.push(() => storage.close())
    await storage.migrate()
    await database.query('DELETE FROM latchkey_note')
    await database.query(
      `UPDATE latchkey_migration SET statements_done = 0, finished_at = NULL WHERE name = '0002_note'`,
    )
    expect(await storage.migrate()).toEqual({ applied: [migration.name] })
    expect(await database.query('SELECT id FROM latchkey_note')).toEqual([{ id: 1 }])
  })
})
