import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { dayMs, minuteMs } from '../platform/clock.ts'
import { sweep } from '../lifecycle/sweep.ts'
import { createSqliteStorage, type SqliteStorage } from '../storage/sql/sqlite/sqlite-storage.ts'
import { createTestCore, testSecret, type TestCore } from '../testing/test-core.ts'
import { appendEvent } from './append-event.ts'
import { anchorOf, type SealAnchor } from './seal-chain.ts'
import { sealEvents } from './seal-events.ts'
import { verifyEvents, type AuditFinding, type VerifyProgress } from './verify-events.ts'

// Whoever tampers has the database file and everything but our secret.
let folder: string
let storage: SqliteStorage
let intruder: Database.Database
let core: TestCore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-audit-'))
  const filename = join(folder, 'latchkey.db')
  storage = await createSqliteStorage({ filename })
  await storage.migrate()
  intruder = new Database(filename)
  const memory = createTestCore()
  // SQLite has the machine's clock, the tests have their own.
  core = { ...memory, store: { ...storage, databaseNow: () => Promise.resolve(memory.clock.now()) } }
})

afterEach(async () => {
  intruder.close()
  await storage.close()
  await rm(folder, { recursive: true })
})

/** Three sealed ranges of ten, and two events that are too young. */
async function fillLog(): Promise<readonly string[]> {
  for (let range = 0; range < 3; range++) {
    await log(10)
    await core.clock.advance(2 * minuteMs)
    await sealEvents(core)
  }
  await log(2)
  return (await core.store.listEventRange({ after: null, through: null, limit: 100 })).map(({ id }) => id)
}

async function log(count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) =>
    appendEvent(core, noContext, { kind: 'login.failure', data: { reason: 'wrong_password', index } }),
  )
  await core.store.commit(events, core.clock.now())
}

async function findings(anchor?: SealAnchor): Promise<readonly AuditFinding[]> {
  const report = await verifyEvents(core, anchor === undefined ? {} : { anchor })
  expect(report.ok).toBe(report.findings.length === 0)
  expect(report.findingCount).toBe(report.findings.length)
  return report.findings
}

describe('a log that nobody touched', () => {
  it('verifies, with progress', async () => {
    await fillLog()
    const seen: VerifyProgress[] = []
    expect(await verifyEvents(core, { progress: (progress) => seen.push(progress) })).toEqual({
      ok: true,
      seals: 3,
      events: 32,
      unsealedEvents: 2,
      trimmedSeals: 0,
      findings: [],
      findingCount: 0,
    })
    expect(seen.at(-1)).toEqual({ seals: 3, ofSeals: 3, events: 30 })
  })

  it('lets others work while it is walked, though the database is in this process', async () => {
    for (let page = 0; page < 10; page++) await log(500)
    let rounds = 0
    let isDone = false
    const count = (): void => {
      rounds++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    expect(await verifyEvents(core)).toMatchObject({ ok: true, events: 5_000, unsealedEvents: 5_000 })
    isDone = true
    expect(rounds).toBeGreaterThanOrEqual(9)
  })

  it('verifies when it is empty', async () => {
    expect(await verifyEvents(core)).toMatchObject({ ok: true, seals: 0, events: 0 })
  })

  it('verifies after the secret was replaced, as long as the old one is in the ring', async () => {
    await fillLog()
    const rotated = createTestCore({ secrets: ['a newer secret for the audit log', testSecret], clock: core.clock })
    core = { ...rotated, store: core.store }
    await log(5)
    await core.clock.advance(2 * minuteMs)
    await sealEvents(core)
    expect(await verifyEvents(core)).toMatchObject({ ok: true, seals: 4, events: 37 })
  })

  it('is not called forged when the old secret is gone, but unknown', async () => {
    await fillLog()
    core = { ...createTestCore({ secrets: ['a newer secret for the audit log'] }), store: core.store }
    expect(new Set((await findings()).map(({ kind }) => kind))).toEqual(new Set(['key_unknown']))
  })
})

describe('an event', () => {
  it('that was changed in any field is named', async () => {
    const ids = await fillLog()
    const columns =
      (intruder.prepare('SELECT * FROM latchkey_event LIMIT 1').all() as Record<string, unknown>[])[0] ?? {}
    const fields = Object.keys(columns).filter((column) => column !== 'id' && column !== 'mac')
    expect(fields.length).toBeGreaterThanOrEqual(8)
    for (const field of fields) {
      const [before] = intruder.prepare(`SELECT ${field} AS value FROM latchkey_event WHERE id = ?`).all(ids[14]) as {
        value: unknown
      }[]
      const forged = typeof before?.value === 'number' ? before.value + 1 : 'login.success'
      intruder.prepare(`UPDATE latchkey_event SET ${field} = ? WHERE id = ?`).run(forged, ids[14])
      expect({ field, found: await findings() }).toEqual({
        field,
        found: [{ kind: 'event_changed', eventId: ids[14], sequence: 2 }],
      })
      intruder.prepare(`UPDATE latchkey_event SET ${field} = ? WHERE id = ?`).run(before?.value, ids[14])
    }
    expect(await findings()).toEqual([])
  })

  it('that was changed before it was sealed is named too', async () => {
    const ids = await fillLog()
    intruder.prepare(`UPDATE latchkey_event SET data = '{}' WHERE id = ?`).run(ids[31])
    expect(await findings()).toEqual([{ kind: 'event_changed', eventId: ids[31], sequence: null }])
  })

  it('that was removed is missing in its range', async () => {
    const ids = await fillLog()
    intruder.prepare('DELETE FROM latchkey_event WHERE id IN (?, ?)').run(ids[12], ids[13])
    expect(await findings()).toEqual([
      { kind: 'events_removed', sequence: 2, missing: 2, firstId: ids[10], lastId: ids[19] },
    ])
  })

  it('that was removed at the edge of a range is missing in that range', async () => {
    const ids = await fillLog()
    intruder.prepare('DELETE FROM latchkey_event WHERE id IN (?, ?)').run(ids[0], ids[19])
    expect(await findings()).toMatchObject([
      { kind: 'events_removed', sequence: 1, missing: 1 },
      { kind: 'events_removed', sequence: 2, missing: 1 },
    ])
  })

  it('that was invented is named', async () => {
    const ids = await fillLog()
    const invented = `${ids[12]?.slice(0, -1)}${ids[12]?.endsWith('f') ? 'e' : 'f'}`
    copyRow(ids[12], invented)
    expect(await findings()).toEqual([
      { kind: 'event_changed', eventId: invented, sequence: 2 },
      { kind: 'events_inserted', sequence: 2, surplus: 1, eventIds: [invented], firstId: ids[10], lastId: ids[19] },
    ])
  })

  it('that is genuine but came after its place was sealed is named', async () => {
    const ids = await fillLog()
    const late = appendEvent({ ...core, ids: { next: () => `${ids[12]?.slice(0, 24)}ffffffffffff` } }, noContext, {
      kind: 'user.created',
    })
    await core.store.commit([late], core.clock.now())
    expect(await findings()).toMatchObject([
      { kind: 'events_inserted', sequence: 2, surplus: 1, eventIds: [`${ids[12]?.slice(0, 24)}ffffffffffff`] },
    ])
  })

  it('that was exchanged for a copy of another breaks the seal', async () => {
    const ids = await fillLog()
    intruder.prepare('DELETE FROM latchkey_event WHERE id = ?').run(ids[12])
    copyRow(ids[13], `${ids[12]?.slice(0, 24)}ffffffffffff`)
    expect((await findings()).map(({ kind }) => kind)).toEqual(['event_changed'])
  })
})

describe('a seal', () => {
  it('that was changed is named, and those behind it are not accused', async () => {
    const ids = await fillLog()
    for (const [column, forged] of [
      ['mac', 'x'],
      ['created_at', 1],
      ['first_id', ids[11]],
    ] as const) {
      const [before] = intruder.prepare(`SELECT ${column} AS value FROM latchkey_seal WHERE sequence = 2`).all() as {
        value: string
      }[]
      const broken = column === 'mac' ? `${before?.value.slice(0, -3)}AAA` : forged
      intruder.prepare(`UPDATE latchkey_seal SET ${column} = ? WHERE sequence = 2`).run(broken)
      expect({ column, found: await findings() }).toMatchObject({
        column,
        found: [{ kind: 'seal_broken', sequence: 2 }],
      })
      intruder.prepare(`UPDATE latchkey_seal SET ${column} = ? WHERE sequence = 2`).run(before?.value)
    }
    expect(await findings()).toEqual([])
  })

  it('whose count or end was changed is found in its range', async () => {
    const ids = await fillLog()
    intruder.prepare('UPDATE latchkey_seal SET event_count = 9 WHERE sequence = 2').run()
    expect(await findings()).toMatchObject([{ kind: 'events_inserted', sequence: 2 }])
    intruder.prepare('UPDATE latchkey_seal SET event_count = 10, last_id = ? WHERE sequence = 2').run(ids[17])
    expect((await findings()).map((finding) => 'sequence' in finding && finding.sequence)).toEqual([2, 3])
  })

  it('whose end was moved to the end of time does not swallow the log', async () => {
    await fillLog()
    intruder
      .prepare(`UPDATE latchkey_seal SET last_id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE sequence = 1`)
      .run()
    expect(await findings()).toMatchObject([
      { kind: 'events_inserted', sequence: 1, surplus: 10 },
      { kind: 'events_removed', sequence: 2, missing: 10 },
    ])
  })

  it('that was removed is missed by its number', async () => {
    await fillLog()
    intruder.prepare('DELETE FROM latchkey_seal WHERE sequence = 2').run()
    expect(await findings()).toEqual([{ kind: 'seals_missing', fromSequence: 2, toSequence: 2 }])
  })

  it('that was removed at the beginning is missed too', async () => {
    await fillLog()
    intruder.prepare('DELETE FROM latchkey_seal WHERE sequence < 3').run()
    expect(await findings()).toEqual([{ kind: 'seals_missing', fromSequence: 1, toSequence: 2 }])
  })
})

describe('the tail of the log', () => {
  it('can be cut without the chain seeing it, but not without an exported seal', async () => {
    const ids = await fillLog()
    const last = await core.store.lastSeal()
    if (last === undefined) throw new TypeError('no seal')
    const anchor = anchorOf(last)
    expect(await findings(anchor)).toEqual([])
    intruder.prepare('DELETE FROM latchkey_seal WHERE sequence = 3').run()
    intruder.prepare('DELETE FROM latchkey_event WHERE id > ?').run(ids[19])
    expect(await findings()).toEqual([])
    expect(await findings(anchor)).toEqual([{ kind: 'tail_cut', sequence: 3 }])
    // Sealing goes on with the same number; the anchor still tells the difference.
    await log(3)
    await core.clock.advance(2 * minuteMs)
    await sealEvents(core)
    expect(await findings(anchor)).toEqual([{ kind: 'tail_cut', sequence: 3 }])
  })
})

describe('retention', () => {
  it('removes whole ranges, keeps their seals, and leaves a log that verifies', async () => {
    for (let day = 0; day < 10; day++) {
      await log(10)
      await core.clock.advance(dayMs)
      await sealEvents(core)
    }
    await core.clock.advance(395 * dayMs)
    // Five and more days are over; the range at the border goes with the next one.
    expect((await sweep(core)).removed.events).toBe(40)
    expect(await verifyEvents(core)).toMatchObject({ ok: true, seals: 10, trimmedSeals: 5, events: 61 })
    await core.clock.advance(2 * dayMs)
    await sealEvents(core)
    expect((await sweep(core)).removed.events).toBe(20)
    expect(await verifyEvents(core)).toMatchObject({ ok: true, seals: 11, trimmedSeals: 7, events: 42 })
    expect((await sweep(core)).removed.events).toBe(0)
    expect(await verifyEvents(core)).toMatchObject({ ok: true, events: 42 })
    const notes = await core.store.listEvents({ kind: 'audit.trimmed', limit: 10 })
    expect(notes.items.map(({ data }) => JSON.parse(data).throughSequence)).toEqual([7, 5])
  })

  it('does not excuse what is missing behind the last note', async () => {
    for (let day = 0; day < 4; day++) {
      await log(10)
      await core.clock.advance(dayMs)
      await sealEvents(core)
    }
    await core.clock.advance(398 * dayMs)
    await sweep(core)
    intruder
      .prepare(
        'DELETE FROM latchkey_event WHERE id IN (SELECT id FROM latchkey_event ORDER BY id DESC LIMIT 3 OFFSET 1)',
      )
      .run()
    expect(await findings()).toMatchObject([{ kind: 'events_removed', sequence: 4, missing: 3 }])
  })

  it('does not excuse a hole that nobody wrote down', async () => {
    const ids = await fillLog()
    await core.clock.advance(500 * dayMs)
    intruder.prepare('DELETE FROM latchkey_event WHERE id <= ?').run(ids[9])
    expect(await findings()).toMatchObject([{ kind: 'events_removed', sequence: 1, missing: 10 }])
  })

  it('does not excuse a hole by a note that an intruder wrote', async () => {
    const ids = await fillLog()
    intruder
      .prepare(`UPDATE latchkey_event SET kind = 'audit.trimmed', data = '{"throughSequence":2}' WHERE id = ?`)
      .run(ids[31])
    intruder.prepare('DELETE FROM latchkey_event WHERE id <= ?').run(ids[9])
    expect(await findings()).toMatchObject([
      { kind: 'events_removed', sequence: 1, missing: 10 },
      { kind: 'event_changed', eventId: ids[31] },
    ])
  })
})

/** Writes a copy of a row under another id, as somebody without our secret has to. */
function copyRow(from: string | undefined, to: string): void {
  const row = intruder.prepare('SELECT * FROM latchkey_event WHERE id = ?').get(from) as Record<string, unknown>
  const columns = Object.keys(row)
  intruder
    .prepare(`INSERT INTO latchkey_event (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    .run(...columns.map((column) => (column === 'id' ? to : row[column])))
}
