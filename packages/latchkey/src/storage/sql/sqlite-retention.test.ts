import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dayMs, hourMs } from '../../platform/clock.ts'
import type { Expirable } from '../../store/writes.ts'
import { aKey, anEvent, noon } from '../contract/fixtures.ts'
import { sqliteMigrations } from '../migrations/sqlite/list.ts'
import { createSqliteStorage, type SqliteStorage } from './sqlite/sqlite-storage.ts'

let directory: string
let database: Database.Database
let storage: SqliteStorage

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-retention-'))
  database = new Database(join(directory, 'latchkey.db'))
  database.pragma('journal_mode = WAL')
  const earlier = sqliteMigrations.findIndex(({ name }) => name === '0003_fewer_pages')
  storage = await createSqliteStorage({ database, migrations: sqliteMigrations.slice(0, earlier) })
  await storage.migrate()
})

afterEach(async () => {
  await storage.close()
  database.close()
  await rm(directory, { recursive: true })
})

async function migrateAll(): Promise<void> {
  storage = await createSqliteStorage({ database })
  expect((await storage.migrate()).applied).toContain('0003_fewer_pages')
}

async function remove(what: Expirable, before: number, limit = 500): Promise<number | undefined> {
  const result = await storage.commit([{ kind: 'removeExpired', what, before, limit }], before)
  return result.ok ? result.changed[0] : undefined
}

/** As code writes it that knows no `looked_at`. */
function chargeAsBefore(key: string, at: number): void {
  database
    .prepare(
      `INSERT INTO latchkey_budget (budget_key, stamps, charged_at) VALUES (:key, :entry, :at)
       ON CONFLICT (budget_key) DO UPDATE SET stamps = stamps || :entry, charged_at = :at`,
    )
    .run({ key, entry: `,${at}`, at })
}

function keys(): unknown[] {
  return database.prepare('SELECT budget_key FROM latchkey_budget ORDER BY budget_key').pluck().all()
}

const window = { limit: 1, windowMs: dayMs }

describe('budgets in SQLite', () => {
  it('keep what was charged through the migration, and are swept by their last charge', async () => {
    const [old, recent] = [aKey(), aKey()]
    chargeAsBefore(old, noon - 1)
    chargeAsBefore(recent, noon)
    await migrateAll()
    expect(await remove('budgets', noon)).toBe(1)
    expect(keys()).toEqual([recent])
    expect(await storage.charge([{ kind: 'budget', key: recent, ...window }], noon + 1)).toMatchObject({
      lost: { reason: 'over_limit' },
    })
  })

  it('are swept in time when code of before the migration charges them still', async () => {
    await migrateAll()
    const [old, recent] = [aKey(), aKey()]
    chargeAsBefore(old, noon - 1)
    chargeAsBefore(recent, noon)
    expect(await remove('budgets', noon)).toBe(1)
    expect(keys()).toEqual([recent])
    chargeAsBefore(recent, noon + hourMs)
    expect(await remove('budgets', noon + hourMs)).toBe(0)
    expect(await remove('budgets', noon + hourMs + 1)).toBe(1)
  })

  it('live as long as they are charged, and no longer', async () => {
    await migrateAll()
    const key = aKey()
    for (let day = 0; day < 5; day++) {
      expect(await storage.charge([{ kind: 'budget', key, ...window }], noon + day * dayMs)).toMatchObject({ ok: true })
      expect(await remove('budgets', noon + day * dayMs)).toBe(0)
    }
    expect(await remove('budgets', noon + 4 * dayMs + 1)).toBe(1)
    expect(keys()).toEqual([])
  })

  it('that are charged again and again hide no others, however many they are', async () => {
    await migrateAll()
    const busy = Array.from({ length: 50 }, aKey)
    const idle = Array.from({ length: 12 }, aKey)
    for (const at of [noon, noon + hourMs]) {
      for (const key of at === noon ? [...busy, ...idle] : busy) {
        await storage.charge([{ kind: 'budget', key, limit: 9, windowMs: dayMs }], at)
      }
    }
    expect(await remove('budgets', noon + 1, 5)).toBe(5)
    expect(await remove('budgets', noon + 1, 5)).toBe(5)
    expect(await remove('budgets', noon + 1, 5)).toBe(2)
    expect(keys()).toEqual(busy.toSorted())
    const due = database.prepare('SELECT count(*) FROM latchkey_budget WHERE looked_at <= ?').pluck()
    expect(due.get(noon)).toBe(0)
  })
})

describe('events in SQLite', () => {
  it('are removed from the oldest on, those of before the migration too', async () => {
    const events = Array.from({ length: 6 }, (_, index) => anEvent({ at: noon + index }))
    for (const event of events.slice(0, 3)) await storage.commit([{ kind: 'appendEvent', event }], noon)
    await migrateAll()
    for (const event of events.slice(3)) await storage.commit([{ kind: 'appendEvent', event }], noon)
    expect(await remove('events', noon + 4, 3)).toBe(3)
    expect(await remove('events', noon + 4, 3)).toBe(1)
    expect(await remove('events', noon + 4, 3)).toBe(0)
    const left = await storage.listEventRange({ after: null, through: null, limit: 10 })
    expect(left).toEqual(events.slice(4))
  })
})
