import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAuditLog, type AuditLog } from '../../../../test/audit-log.ts'
import { sweep } from '../lifecycle/sweep.ts'
import { dayMs } from '../platform/clock.ts'
import { sealEvents } from './seal-events.ts'
import { verifyEvents } from './verify-events.ts'

let audit: AuditLog

beforeEach(async () => {
  audit = await openAuditLog()
})
afterEach(() => audit.close())

describe('retention', () => {
  it('removes whole ranges, keeps their seals, and leaves a log that verifies', async () => {
    for (let day = 0; day < 10; day++) {
      await audit.append(10)
      await audit.core.clock.advance(dayMs)
      await sealEvents(audit.core)
    }
    await audit.core.clock.advance(395 * dayMs)
    // Five and more days are over; the range at the border goes with the next one.
    expect((await sweep(audit.core)).removed.events).toBe(40)
    expect(await verifyEvents(audit.core)).toMatchObject({ ok: true, seals: 10, trimmedSeals: 5, events: 61 })
    await audit.core.clock.advance(2 * dayMs)
    await sealEvents(audit.core)
    expect((await sweep(audit.core)).removed.events).toBe(20)
    expect(await verifyEvents(audit.core)).toMatchObject({ ok: true, seals: 11, trimmedSeals: 7, events: 42 })
    expect((await sweep(audit.core)).removed.events).toBe(0)
    expect(await verifyEvents(audit.core)).toMatchObject({ ok: true, events: 42 })
    const notes = await audit.core.store.listEvents({ kind: 'audit.trimmed', limit: 10 })
    expect(notes.items.map(({ data }) => JSON.parse(data).throughSequence)).toEqual([7, 5])
  })

  it('does not excuse what is missing behind the last note', async () => {
    for (let day = 0; day < 4; day++) {
      await audit.append(10)
      await audit.core.clock.advance(dayMs)
      await sealEvents(audit.core)
    }
    await audit.core.clock.advance(398 * dayMs)
    await sweep(audit.core)
    audit.intruder
      .prepare(
        'DELETE FROM latchkey_event WHERE id IN (SELECT id FROM latchkey_event ORDER BY id DESC LIMIT 3 OFFSET 1)',
      )
      .run()
    expect(await audit.findings()).toMatchObject([{ kind: 'events_removed', sequence: 4, missing: 3 }])
  })

  it('does not excuse a hole that nobody wrote down', async () => {
    const ids = await audit.fill()
    await audit.core.clock.advance(500 * dayMs)
    audit.intruder.prepare('DELETE FROM latchkey_event WHERE id <= ?').run(ids[9])
    expect(await audit.findings()).toMatchObject([{ kind: 'events_removed', sequence: 1, missing: 10 }])
  })

  it('does not excuse a hole by a note that an intruder wrote', async () => {
    const ids = await audit.fill()
    audit.intruder
      .prepare(`UPDATE latchkey_event SET kind = 'audit.trimmed', data = '{"throughSequence":2}' WHERE id = ?`)
      .run(ids[31])
    audit.intruder.prepare('DELETE FROM latchkey_event WHERE id <= ?').run(ids[9])
    expect(await audit.findings()).toMatchObject([
      { kind: 'events_removed', sequence: 1, missing: 10 },
      { kind: 'event_changed', eventId: ids[31] },
    ])
  })
})
