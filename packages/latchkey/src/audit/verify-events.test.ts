import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAuditLog, type AuditLog } from '../../../../test/audit-log.ts'
import { noContext } from '../core/request-context.ts'
import { minuteMs } from '../platform/clock.ts'
import { testSecret } from '../testing/test-core.ts'
import { appendEvent } from './append-event.ts'
import { anchorOf } from './seal-chain.ts'
import { sealEvents } from './seal-events.ts'
import { verifyEvents, type VerifyProgress } from './verify-events.ts'

let audit: AuditLog

beforeEach(async () => {
  audit = await openAuditLog()
})
afterEach(() => audit.close())

describe('a log that nobody touched', () => {
  it('verifies, with progress', async () => {
    await audit.fill()
    const seen: VerifyProgress[] = []
    expect(await verifyEvents(audit.core, { progress: (progress) => seen.push(progress) })).toEqual({
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
    for (let page = 0; page < 10; page++) await audit.append(500)
    let rounds = 0
    let isDone = false
    const count = (): void => {
      rounds++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    expect(await verifyEvents(audit.core)).toMatchObject({ ok: true, events: 5_000, unsealedEvents: 5_000 })
    isDone = true
    expect(rounds).toBeGreaterThanOrEqual(9)
  })

  it('verifies when it is empty', async () => {
    expect(await verifyEvents(audit.core)).toMatchObject({ ok: true, seals: 0, events: 0 })
  })

  it('verifies after the secret was replaced, as long as the old one is in the ring', async () => {
    await audit.fill()
    const rotated = audit.coreWith({ secrets: ['a newer secret for the audit log', testSecret] })
    const events = Array.from({ length: 5 }, () => appendEvent(rotated, noContext, { kind: 'login.failure' }))
    await rotated.store.commit(events, rotated.clock.now())
    await rotated.clock.advance(2 * minuteMs)
    await sealEvents(rotated)
    expect(await verifyEvents(rotated)).toMatchObject({ ok: true, seals: 4, events: 37 })
  })

  it('is not called forged when the old secret is gone, but unknown', async () => {
    await audit.fill()
    const { findings } = await verifyEvents(audit.coreWith({ secrets: ['a newer secret for the audit log'] }))
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['key_unknown']))
  })
})

describe('an event', () => {
  it('that was changed in any field is named', async () => {
    const ids = await audit.fill()
    const columns =
      (audit.intruder.prepare('SELECT * FROM latchkey_event LIMIT 1').all() as Record<string, unknown>[])[0] ?? {}
    const fields = Object.keys(columns).filter((column) => column !== 'id' && column !== 'mac')
    expect(fields.length).toBeGreaterThanOrEqual(8)
    for (const field of fields) {
      const [before] = audit.intruder
        .prepare(`SELECT ${field} AS value FROM latchkey_event WHERE id = ?`)
        .all(ids[14]) as {
        value: unknown
      }[]
      const forged = typeof before?.value === 'number' ? before.value + 1 : 'login.success'
      audit.intruder.prepare(`UPDATE latchkey_event SET ${field} = ? WHERE id = ?`).run(forged, ids[14])
      expect({ field, found: await audit.findings() }).toEqual({
        field,
        found: [{ kind: 'event_changed', eventId: ids[14], sequence: 2 }],
      })
      audit.intruder.prepare(`UPDATE latchkey_event SET ${field} = ? WHERE id = ?`).run(before?.value, ids[14])
    }
    expect(await audit.findings()).toEqual([])
  })

  it('that was changed before it was sealed is named too', async () => {
    const ids = await audit.fill()
    audit.intruder.prepare(`UPDATE latchkey_event SET data = '{}' WHERE id = ?`).run(ids[31])
    expect(await audit.findings()).toEqual([{ kind: 'event_changed', eventId: ids[31], sequence: null }])
  })

  it('that was removed is missing in its range', async () => {
    const ids = await audit.fill()
    audit.intruder.prepare('DELETE FROM latchkey_event WHERE id IN (?, ?)').run(ids[12], ids[13])
    expect(await audit.findings()).toEqual([
      { kind: 'events_removed', sequence: 2, missing: 2, firstId: ids[10], lastId: ids[19] },
    ])
  })

  it('that was removed at the edge of a range is missing in that range', async () => {
    const ids = await audit.fill()
    audit.intruder.prepare('DELETE FROM latchkey_event WHERE id IN (?, ?)').run(ids[0], ids[19])
    expect(await audit.findings()).toMatchObject([
      { kind: 'events_removed', sequence: 1, missing: 1 },
      { kind: 'events_removed', sequence: 2, missing: 1 },
    ])
  })

  it('that was invented is named', async () => {
    const ids = await audit.fill()
    const invented = `${ids[12]?.slice(0, -1)}${ids[12]?.endsWith('f') ? 'e' : 'f'}`
    audit.copyRow(ids[12], invented)
    expect(await audit.findings()).toEqual([
      { kind: 'event_changed', eventId: invented, sequence: 2 },
      { kind: 'events_inserted', sequence: 2, surplus: 1, eventIds: [invented], firstId: ids[10], lastId: ids[19] },
    ])
  })

  it('that is genuine but came after its place was sealed is named', async () => {
    const ids = await audit.fill()
    const late = appendEvent(
      { ...audit.core, ids: { next: () => `${ids[12]?.slice(0, 24)}ffffffffffff` } },
      noContext,
      {
        kind: 'user.created',
      },
    )
    await audit.core.store.commit([late], audit.core.clock.now())
    expect(await audit.findings()).toMatchObject([
      { kind: 'events_inserted', sequence: 2, surplus: 1, eventIds: [`${ids[12]?.slice(0, 24)}ffffffffffff`] },
    ])
  })

  it('that was exchanged for a copy of another breaks the seal', async () => {
    const ids = await audit.fill()
    audit.intruder.prepare('DELETE FROM latchkey_event WHERE id = ?').run(ids[12])
    audit.copyRow(ids[13], `${ids[12]?.slice(0, 24)}ffffffffffff`)
    expect((await audit.findings()).map(({ kind }) => kind)).toEqual(['event_changed'])
  })
})

describe('a seal', () => {
  it('that was changed is named, and those behind it are not accused', async () => {
    const ids = await audit.fill()
    for (const [column, forged] of [
      ['mac', 'x'],
      ['created_at', 1],
      ['first_id', ids[11]],
    ] as const) {
      const [before] = audit.intruder
        .prepare(`SELECT ${column} AS value FROM latchkey_seal WHERE sequence = 2`)
        .all() as {
        value: string
      }[]
      const broken = column === 'mac' ? `${before?.value.slice(0, -3)}AAA` : forged
      audit.intruder.prepare(`UPDATE latchkey_seal SET ${column} = ? WHERE sequence = 2`).run(broken)
      expect({ column, found: await audit.findings() }).toMatchObject({
        column,
        found: [{ kind: 'seal_broken', sequence: 2 }],
      })
      audit.intruder.prepare(`UPDATE latchkey_seal SET ${column} = ? WHERE sequence = 2`).run(before?.value)
    }
    expect(await audit.findings()).toEqual([])
  })

  it('whose count or end was changed is found in its range', async () => {
    const ids = await audit.fill()
    audit.intruder.prepare('UPDATE latchkey_seal SET event_count = 9 WHERE sequence = 2').run()
    expect(await audit.findings()).toMatchObject([{ kind: 'events_inserted', sequence: 2 }])
    audit.intruder.prepare('UPDATE latchkey_seal SET event_count = 10, last_id = ? WHERE sequence = 2').run(ids[17])
    expect((await audit.findings()).map((finding) => 'sequence' in finding && finding.sequence)).toEqual([2, 3])
  })

  it('whose end was moved to the end of time does not swallow the log', async () => {
    await audit.fill()
    audit.intruder
      .prepare(`UPDATE latchkey_seal SET last_id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE sequence = 1`)
      .run()
    expect(await audit.findings()).toMatchObject([
      { kind: 'events_inserted', sequence: 1, surplus: 10 },
      { kind: 'events_removed', sequence: 2, missing: 10 },
    ])
  })

  it('that was removed is missed by its number', async () => {
    await audit.fill()
    audit.intruder.prepare('DELETE FROM latchkey_seal WHERE sequence = 2').run()
    expect(await audit.findings()).toEqual([{ kind: 'seals_missing', fromSequence: 2, toSequence: 2 }])
  })

  it('that was removed at the beginning is missed too', async () => {
    await audit.fill()
    audit.intruder.prepare('DELETE FROM latchkey_seal WHERE sequence < 3').run()
    expect(await audit.findings()).toEqual([{ kind: 'seals_missing', fromSequence: 1, toSequence: 2 }])
  })
})

describe('the tail of the log', () => {
  it('can be cut without the chain seeing it, but not without an exported seal', async () => {
    const ids = await audit.fill()
    const last = await audit.core.store.lastSeal()
    if (last === undefined) throw new TypeError('no seal')
    const anchor = anchorOf(last)
    expect(await audit.findings(anchor)).toEqual([])
    audit.intruder.prepare('DELETE FROM latchkey_seal WHERE sequence = 3').run()
    audit.intruder.prepare('DELETE FROM latchkey_event WHERE id > ?').run(ids[19])
    expect(await audit.findings()).toEqual([])
    expect(await audit.findings(anchor)).toEqual([{ kind: 'tail_cut', sequence: 3 }])
    // Sealing goes on with the same number; the anchor still tells the difference.
    await audit.append(3)
    await audit.core.clock.advance(2 * minuteMs)
    await sealEvents(audit.core)
    expect(await audit.findings(anchor)).toEqual([{ kind: 'tail_cut', sequence: 3 }])
  })
})
