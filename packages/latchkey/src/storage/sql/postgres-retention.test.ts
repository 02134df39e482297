import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPostgresDatabase, postgresIsThere, type TestDatabase } from '../../../../../test/databases/servers.ts'
import { dayMs, hourMs } from '../../platform/clock.ts'
import type { Expirable } from '../../store/writes.ts'
import { aKey, anEvent, noon } from '../contract/fixtures.ts'
import { postgresMigrations } from '../migrations/postgres/list.ts'
import type { Storage } from '../storage.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

let database: TestDatabase
let storage: Storage

beforeEach(async () => {
  database = await createPostgresDatabase()
  const earlier = postgresMigrations.findIndex(({ name }) => name === '0003_fewer_index_entries')
  storage = await createPostgresStorage({ url: database.url, migrations: postgresMigrations.slice(0, earlier) })
  await storage.migrate()
})

afterEach(async () => {
  await storage.close()
  await database.drop()
})

async function migrateAll(): Promise<void> {
  await storage.close()
  storage = await createPostgresStorage({ url: database.url })
  expect((await storage.migrate()).applied).toContain('0003_fewer_index_entries')
}

async function remove(what: Expirable, before: number, limit = 500): Promise<number | undefined> {
  const result = await storage.commit([{ kind: 'removeExpired', what, before, limit }], before)
  return result.ok ? result.changed[0] : undefined
}

/** As code writes it that knows no `looked_at`. */
async function chargeAsBefore(key: string, at: number): Promise<void> {
  await database.query(
    `INSERT INTO latchkey_budget AS b (budget_key, stamps, charged_at) VALUES ('${key}', ',${at}', ${at})
     ON CONFLICT (budget_key) DO UPDATE SET stamps = b.stamps || ',${at}', charged_at = ${at}`,
  )
}

async function keys(): Promise<readonly unknown[]> {
  const rows = await database.query('SELECT budget_key FROM latchkey_budget ORDER BY budget_key')
  return rows.map((row) => row['budget_key'])
}

const window = { limit: 1, windowMs: dayMs }

describe.skipIf(!postgresIsThere)('budgets in PostgreSQL', () => {
  it('keep what was charged through the migration, and are swept by their last charge', async () => {
    const [old, recent] = [aKey(), aKey()]
    await chargeAsBefore(old, noon - 1)
    await chargeAsBefore(recent, noon)
    await migrateAll()
    expect(await remove('budgets', noon)).toBe(1)
    expect(await keys()).toEqual([recent])
    expect(await storage.charge([{ kind: 'budget', key: recent, ...window }], noon + 1)).toMatchObject({
      lost: { reason: 'over_limit' },
    })
  })

  it('are swept in time when code of before the migration charges them still', async () => {
    await migrateAll()
    const [old, recent] = [aKey(), aKey()]
    await chargeAsBefore(old, noon - 1)
    await chargeAsBefore(recent, noon)
    expect(await remove('budgets', noon)).toBe(1)
    expect(await keys()).toEqual([recent])
    await chargeAsBefore(recent, noon + hourMs)
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
    expect(await keys()).toEqual([])
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
    expect(await keys()).toEqual(busy.toSorted())
    const due = await database.query(`SELECT budget_key FROM latchkey_budget WHERE looked_at <= ${noon}`)
    expect(due).toEqual([])
  })
})

describe.skipIf(!postgresIsThere)('two sweepers at once', () => {
  it('share the old rows and fail on none', async () => {
    await migrateAll()
    const known = Array.from({ length: 40 }, aKey)
    for (const key of known) await storage.charge([{ kind: 'budget', key, ...window }], noon)
    for (let index = 0; index < 40; index++) {
      await storage.commit([{ kind: 'appendEvent', event: anEvent({ at: noon }) }], noon)
    }
    for (const what of ['budgets', 'events'] as const) {
      let removed = 0
      for (let round = 0; round < 10; round++) {
        const counts = await Promise.all([1, 2, 3].map(() => remove(what, noon + 1, 5)))
        removed += counts.reduce<number>((sum, each) => sum + (each ?? 0), 0)
      }
      expect(removed).toBe(40)
    }
  })
})

describe.skipIf(!postgresIsThere)('events in PostgreSQL', () => {
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
