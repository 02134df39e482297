import { describe, expect, it } from 'vitest'
import { noContext } from '../core/request-context.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { appendEvent } from './append-event.ts'
import { createSealer, sealEvents, settlingMs } from './seal-events.ts'

async function log(core: TestCore, count = 1): Promise<void> {
  for (let index = 0; index < count; index++) {
    const event = appendEvent(core, noContext, { kind: 'login.failure', data: { index } })
    await core.store.commit([event], core.clock.now())
  }
}

describe('sealing', () => {
  it('waits until late commits have arrived', async () => {
    const core = createTestCore()
    await log(core, 3)
    await core.clock.advance(settlingMs)
    expect(await sealEvents(core)).toEqual({ seals: 0, events: 0 })
    await core.clock.advance(1)
    expect(await sealEvents(core)).toEqual({ seals: 1, events: 3 })
    expect(await sealEvents(core)).toEqual({ seals: 0, events: 0 })
    expect(await core.store.lastSeal()).toMatchObject({ sequence: 1, count: 3, createdAt: core.clock.now() })
  })

  it('takes in an event whose commit was slow', async () => {
    const core = createTestCore()
    const slow = appendEvent(core, noContext, { kind: 'user.created' })
    await core.clock.advance(10 * secondMs)
    await log(core)
    await core.clock.advance(40 * secondMs)
    await sealEvents(core)
    await core.store.commit([slow], core.clock.now())
    await core.clock.advance(minuteMs)
    expect(await sealEvents(core)).toEqual({ seals: 1, events: 2 })
  })

  it('goes by the slower of the clocks of node and database', async () => {
    const core = createTestCore()
    await log(core)
    await core.clock.advance(30 * secondMs)
    const ahead = { ...core, clock: { now: () => core.clock.now() + 10 * minuteMs } }
    expect(await sealEvents(ahead)).toEqual({ seals: 0, events: 0 })
  })

  it('cuts a long log into ranges that follow each other', async () => {
    const core = createTestCore()
    await log(core, 1_100)
    await core.clock.advance(2 * minuteMs)
    expect(await sealEvents(core)).toEqual({ seals: 3, events: 1_100 })
    const seals = await core.store.listSeals({ after: 0, limit: 10 })
    expect(seals.map(({ sequence, count }) => [sequence, count])).toEqual([
      [1, 500],
      [2, 500],
      [3, 100],
    ])
    expect(seals.every(({ firstId }, index) => index === 0 || firstId > (seals[index - 1]?.lastId ?? ''))).toBe(true)
  })

  it('is done once when several nodes try', async () => {
    const core = createTestCore()
    await log(core, 1_100)
    await core.clock.advance(2 * minuteMs)
    const reports = await Promise.all(Array.from({ length: 10 }, () => sealEvents(core)))
    expect(reports.reduce((sum, { events }) => sum + events, 0)).toBe(1_100)
    expect((await core.store.listSeals({ after: 0, limit: 100 })).reduce((sum, { count }) => sum + count, 0)).toBe(
      1_100,
    )
  })

  it('happens by itself in the background until it is stopped', async () => {
    const core = createTestCore()
    const sealer = createSealer({ core, timers: core.clock, logger: silentLogger })
    sealer.start()
    await log(core)
    await core.clock.advance(settlingMs + 2 * secondMs)
    expect(await core.store.lastSeal()).toMatchObject({ count: 1 })
    await sealer.stop()
    await log(core)
    await core.clock.advance(2 * minuteMs)
    expect(await core.store.lastSeal()).toMatchObject({ sequence: 1 })
    expect(core.clock.waiting).toBe(0)
  })
})
