import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { expectFault, textOf } from '../../../../../test/databases/fault-cases.ts'
import { aKey, aMessage, anEvent, aSession, aUser, noon } from '../contract/fixtures.ts'
import { createSqliteStorage, type SqliteStorage } from './sqlite/sqlite-storage.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-sqlite-'))
  cleanUps.push(() => rm(directory, { recursive: true }))
  return directory
}

async function open(filename: string, busyTimeoutMs = 1_000): Promise<SqliteStorage> {
  const storage = await createSqliteStorage({ filename, busyTimeoutMs })
  cleanUps.push(() => storage.close())
  await storage.migrate()
  return storage
}

describe('sqlite faults', () => {
  it('makes the directory and the file for this user alone', async () => {
    const filename = join(await aDirectory(), 'new', 'deep', 'latchkey.db')
    await open(filename)
    expect((await stat(filename)).mode & 0o777).toBe(0o600)
    expect((await stat(`${filename}-wal`)).mode & 0o777).toBe(0o600)
    expect((await stat(join(filename, '..'))).mode & 0o777).toBe(0o700)
  })

  it('says which place cannot be written', async () => {
    const directory = await aDirectory()
    const file = join(directory, 'a-file')
    await writeFile(file, 'text')
    const error = await expectFault(createSqliteStorage({ filename: join(file, 'latchkey.db') }), 'storage_unavailable')
    expect(error.message).toContain(join(file, 'latchkey.db'))
    expect(error.message).toContain('Check that this user may write to the directory')
  })

  it('refuses a file that is no database', async () => {
    const filename = join(await aDirectory(), 'latchkey.db')
    await writeFile(filename, 'not a database at all, but long enough to be looked at as one'.repeat(20))
    const error = await expectFault(createSqliteStorage({ filename }), 'storage_unavailable')
    expect(error.message).toContain('cannot be opened')
  })

  it('keeps nothing of a commit that finds the disk full, and goes on when there is room', async () => {
    const filename = join(await aDirectory(), 'latchkey.db')
    const database = new Database(filename)
    database.pragma('journal_mode = WAL')
    const storage = await createSqliteStorage({ database })
    cleanUps.push(() => Promise.resolve(database.close()))
    await storage.migrate()
    const pages = database.pragma('page_count', { simple: true }) as number
    database.pragma(`max_page_count = ${pages + 1}`)
    const user = aUser()
    const large = aMessage({ data: 'x'.repeat(100_000) })
    const writes = [
      { kind: 'createUser', user },
      { kind: 'enqueueMessage', message: large },
      { kind: 'appendEvent', event: anEvent() },
    ] as const
    const error = await expectFault(storage.commit(writes, noon), 'storage_unavailable')
    expect(textOf(error)).toContain('SQLITE_FULL')
    expect(await storage.findUser(user.id)).toBeUndefined()
    database.pragma('max_page_count = 1000000')
    expect(await storage.commit(writes, noon)).toEqual({ ok: true, changed: [1, 1, 1] })
  })

  it('waits for another process that writes, and gives up in the end with nothing done', async () => {
    const filename = join(await aDirectory(), 'latchkey.db')
    const storage = await open(filename, 5)
    const other = new Database(filename)
    cleanUps.push(() => Promise.resolve(other.close()))
    const user = aUser()
    const create = [{ kind: 'createUser', user }] as const
    other.exec('BEGIN IMMEDIATE')
    const error = await expectFault(storage.commit(create, noon), 'storage_unavailable')
    expect(textOf(error)).toContain('SQLITE_BUSY')
    const budget = { kind: 'budget', key: aKey(), limit: 1, windowMs: 60_000 } as const
    await expectFault(storage.charge([budget], noon), 'storage_unavailable')
    expect(await storage.findUser(user.id)).toBeUndefined()

    const waiting = storage.commit(create, noon)
    other.exec('COMMIT')
    expect(await waiting).toEqual({ ok: true, changed: [1] })
    expect(await storage.charge([budget], noon)).toMatchObject({ ok: true, challenge: null })
  })

  it('reports an id that is taken as a fault, without what the row holds', async () => {
    const storage = await open(':memory:')
    const event = anEvent({ data: '{"secret":"s3cret"}' })
    await storage.commit([{ kind: 'appendEvent', event }], noon)
    const again = storage.commit([{ kind: 'appendEvent', event }], noon)
    expect(textOf(await expectFault(again, 'storage_conflict'))).not.toMatch(new RegExp(`${event.id}|s3cret`))
  })

  it('says that the schema is missing, and that it is closed', async () => {
    const storage = await createSqliteStorage({ filename: ':memory:' })
    await expectFault(storage.findUser(aUser().id), 'schema_outdated')
    await expectFault(storage.commit([{ kind: 'appendEvent', event: anEvent() }], noon), 'schema_outdated')
    await storage.close()
    await expectFault(storage.findUser(aUser().id), 'storage_unavailable')
    await expectFault(storage.commit([{ kind: 'appendEvent', event: anEvent() }], noon), 'storage_unavailable')
  })

  it('is durable and refuses orphans whatever the file’s defaults are', async () => {
    const filename = join(await aDirectory(), 'latchkey.db')
    await open(filename)
    const database = new Database(filename)
    cleanUps.push(() => Promise.resolve(database.close()))
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    const storage = await createSqliteStorage({ database })
    expect(database.pragma('foreign_keys', { simple: true })).toBe(1)
    const orphan = aUser()
    const lost = await storage.commit([{ kind: 'openSession', session: aSession(orphan) }], noon)
    expect(lost).toEqual({ ok: false, lost: { index: 0, reason: 'epoch_changed' } })
  })

  it('copies itself while it is in use', async () => {
    const directory = await aDirectory()
    const storage = await open(join(directory, 'latchkey.db'))
    const [before, meanwhile] = [aUser(), aUser()]
    await storage.commit([{ kind: 'createUser', user: before }], noon)
    const copying = storage.backup(join(directory, 'copy.db'))
    await storage.commit([{ kind: 'createUser', user: meanwhile }], noon)
    await copying
    const copy = await open(join(directory, 'copy.db'))
    expect(await copy.findUser(before.id)).toEqual(before)
    expect(await copy.commit([{ kind: 'blockUser', userId: before.id, reason: null }], noon)).toMatchObject({
      ok: true,
    })
  })
})
