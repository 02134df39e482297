import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { expectFault, textOf } from '../../../../../test/databases/fault-cases.ts'
import type { User } from '../../user/user.ts'
import { aChallenge, aKey, aMessage, anEvent, aUser, noon } from '../contract/fixtures.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite/database.ts'
import { createSqliteStorage, type SqliteStorage } from './sqlite/sqlite-storage.ts'

let directory: string
let database: Database.Database
let storage: SqliteStorage
/** What begins and ends transactions, in order. */
let told: string[]
/** Fails the next statement that begins like this. */
let breaks: string | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-groups-'))
  database = new Database(join(directory, 'latchkey.db'))
  database.pragma('journal_mode = WAL')
  told = []
  breaks = undefined
  storage = await createSqliteStorage({ database: watched(database), busyTimeoutMs: 5 })
  await storage.migrate()
})

afterEach(async () => {
  await storage.close()
  database.close()
  await rm(directory, { recursive: true })
})

function watched(real: Database.Database): SqliteDatabase {
  return {
    get inTransaction() {
      return real.inTransaction
    },
    prepare(text): SqliteStatement {
      const prepared = real.prepare(text)
      return {
        run(values) {
          if (/^(BEGIN|COMMIT|ROLLBACK)/.test(text)) told.push(text)
          if (breaks !== undefined && text.startsWith(breaks)) {
            breaks = undefined
            throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' })
          }
          return prepared.run(values)
        },
        all: (values) => prepared.all(values),
        raw: (toggle) => prepared.raw(toggle),
        get: (values) => prepared.get(values),
        pluck: (toggle) => prepared.pluck(toggle),
      }
    },
    exec: (text) => real.exec(text),
    pragma: (text) => real.pragma(text),
    backup: (filename) => real.backup(filename),
    close: () => real.close(),
  }
}

function create(user: User): ReturnType<SqliteStorage['commit']> {
  return storage.commit(
    [
      { kind: 'createUser', user },
      { kind: 'appendEvent', event: anEvent() },
    ],
    noon,
  )
}

const committed = { ok: true, changed: [1, 1] }

describe('commits and charges that are asked for at the same time', () => {
  it('share one transaction, up to 32 of them', async () => {
    const users = Array.from({ length: 40 }, () => aUser())
    expect(await Promise.all(users.map(create))).toEqual(users.map(() => committed))
    expect(told).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'BEGIN IMMEDIATE', 'COMMIT'])
    for (const user of users) expect(await storage.findUser(user.id)).toEqual(user)
  })

  it('share it where each comes out of an event of its own', async () => {
    const event = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    await Promise.all(Array.from({ length: 5 }, () => event().then(() => create(aUser()))))
    expect(told).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
  })

  it('undo nothing of the others where one loses, whatever it wrote before', async () => {
    const [before, lost, behind] = [aUser(), aUser(), aUser()]
    const keys = [aKey(), aKey()]
    const budget = (key = '', limit = 1) => ({ kind: 'budget', key, limit, windowMs: 60_000 }) as const
    const results = await Promise.all([
      create(before),
      storage.commit(
        [
          { kind: 'createUser', user: lost },
          { kind: 'consumeChallenge', challengeId: aChallenge().id },
        ],
        noon,
      ),
      storage.charge([budget(keys[1])], noon),
      storage.charge([budget(keys[0]), budget(keys[1])], noon),
      create(behind),
    ])
    expect(results).toEqual([
      committed,
      { ok: false, lost: { index: 1, reason: 'challenge_spent' } },
      { ok: true, challenge: null, subject: undefined },
      { ok: false, lost: { index: 1, reason: 'over_limit' }, retryAfterSeconds: 60 },
      committed,
    ])
    expect(told.filter((text) => text === 'COMMIT')).toHaveLength(1)
    expect(await storage.findUser(lost.id)).toBeUndefined()
    expect(await storage.findUser(before.id)).toEqual(before)
    expect(await storage.findUser(behind.id)).toEqual(behind)
    expect(await storage.charge([budget(keys[0])], noon)).toMatchObject({ ok: true })
  })

  it('happen in the order in which they were asked for', async () => {
    const user = aUser()
    const block = storage.commit([{ kind: 'blockUser', userId: user.id, reason: null }], noon)
    const results = await Promise.all([block, create(user), create({ ...aUser(), email: user.email })])
    expect(results).toEqual([
      { ok: false, lost: { index: 0, reason: 'not_applicable' } },
      committed,
      { ok: false, lost: { index: 0, reason: 'email_taken' } },
    ])
  })

  it('are not there for anybody before all are', async () => {
    const another = new Database(join(directory, 'latchkey.db'))
    const count = another.prepare('SELECT count(*) FROM latchkey_user').pluck()
    const creating = Array.from({ length: 5 }, () => create(aUser()))
    expect(count.get()).toBe(0)
    await creating[0]
    expect(count.get()).toBe(5)
    another.close()
  })

  it('all hear that the disk failed as they were written, nothing of any is there, and it is not tried again', async () => {
    const users = [aUser(), aUser(), aUser()]
    const key = aKey()
    const budget = { kind: 'budget', key, limit: 1, windowMs: 60_000 } as const
    breaks = 'COMMIT'
    const faults = [...users.map(create), storage.charge([budget], noon)].map((work) =>
      expectFault(work, 'storage_unavailable'),
    )
    for (const fault of faults) expect(textOf(await fault)).toContain('SQLITE_IOERR_FSYNC')
    expect(told).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'])
    for (const user of users) expect(await storage.findUser(user.id)).toBeUndefined()
    expect(await storage.charge([budget], noon)).toMatchObject({ ok: true })
    expect(await create(aUser())).toEqual(committed)
  })

  it('leave a fault to whoever caused it', async () => {
    const event = anEvent()
    await storage.commit([{ kind: 'appendEvent', event }], noon)
    const [before, faulty, behind] = [aUser(), aUser(), aUser()]
    const first = create(before)
    const second = storage.commit(
      [
        { kind: 'createUser', user: faulty },
        { kind: 'appendEvent', event },
      ],
      noon,
    )
    const third = create(behind)
    await expectFault(second, 'storage_conflict')
    expect([await first, await third]).toEqual([committed, committed])
    expect(await storage.findUser(faulty.id)).toBeUndefined()
    expect(await storage.findUser(before.id)).toEqual(before)
  })

  it('are whole or not there when the disk is full', async () => {
    const users = [aUser(), aUser(), aUser()]
    const large = aMessage({ data: 'x'.repeat(100_000) })
    database.pragma(`max_page_count = ${Number(database.pragma('page_count', { simple: true })) + 1}`)
    const full = storage.commit([{ kind: 'enqueueMessage', message: large }], noon)
    const others = await Promise.allSettled(users.map(create))
    expect(textOf(await expectFault(full, 'storage_unavailable'))).toContain('SQLITE_FULL')
    database.pragma('max_page_count = 1000000')
    for (const [index, user] of users.entries()) {
      const isThere = (await storage.findUser(user.id)) !== undefined
      expect(isThere).toBe(others[index]?.status === 'fulfilled')
    }
    expect(await storage.commit([{ kind: 'enqueueMessage', message: large }], noon)).toMatchObject({ ok: true })
  })

  it('wait together for another process that writes', async () => {
    const other = new Database(join(directory, 'latchkey.db'))
    other.exec('BEGIN IMMEDIATE')
    const creating = Promise.all([create(aUser()), create(aUser()), create(aUser())])
    await new Promise((resolve) => setTimeout(resolve, 10))
    other.exec('COMMIT')
    other.close()
    expect(await creating).toEqual([committed, committed, committed])
  })

  it('are done before the storage closes', async () => {
    const users = Array.from({ length: 40 }, () => aUser())
    const filename = join(directory, 'closed.db')
    const closed = await createSqliteStorage({ filename })
    await closed.migrate()
    const creating = users.map((user) => closed.commit([{ kind: 'createUser', user }], noon))
    await closed.close()
    for (const result of await Promise.all(creating)) expect(result).toEqual({ ok: true, changed: [1] })
    const again = await createSqliteStorage({ filename })
    for (const user of users) expect(await again.findUser(user.id)).toEqual(user)
    await again.close()
  })
})

describe('one who asks alone', () => {
  it('needs no savepoint, and leaves nothing when it loses', async () => {
    for (let turn = 0; turn < 40; turn++) expect(await create(aUser())).toEqual(committed)
    const user = aUser()
    const lost = storage.commit(
      [
        { kind: 'createUser', user },
        { kind: 'consumeChallenge', challengeId: aChallenge().id },
      ],
      noon,
    )
    expect(await lost).toEqual({ ok: false, lost: { index: 1, reason: 'challenge_spent' } })
    expect(await storage.findUser(user.id)).toBeUndefined()
    expect(told.slice(-2)).toEqual(['BEGIN IMMEDIATE', 'ROLLBACK'])
  })
})

describe('an application’s test that holds back all timers', () => {
  it('holds back no commit: there is nothing to wait for but the event loop', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    for (let count = 0; count < 3; count++) expect(await create(aUser())).toEqual(committed)
  }, 2_000)
})
