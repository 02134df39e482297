import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appendEvent } from '../../packages/latchkey/src/audit/append-event.ts'
import { sealEvents } from '../../packages/latchkey/src/audit/seal-events.ts'
import { verifyEvents } from '../../packages/latchkey/src/audit/verify-events.ts'
import { noContext } from '../../packages/latchkey/src/core/request-context.ts'
import { createCourier, type Courier } from '../../packages/latchkey/src/courier/worker.ts'
import { sweep } from '../../packages/latchkey/src/lifecycle/sweep.ts'
import { dayMs, minuteMs } from '../../packages/latchkey/src/platform/clock.ts'
import { sleep, systemTimers } from '../../packages/latchkey/src/platform/timers.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { createFakeClock } from '../../packages/latchkey/src/testing/fake-clock.ts'
import { createTestCore, type TestCore } from '../../packages/latchkey/src/testing/test-core.ts'
import { createPost, queueCode } from '../outbox.ts'

export interface SharedDatabase {
  /** Two storages with connections of their own on one empty, migrated database. */
  readonly storages: readonly [Storage, Storage]
  cleanUp(): Promise<void>
}

/** What several nodes do at once in the background: mail, seals, retention. */
export function backgroundWork(name: string, create: () => Promise<SharedDatabase>): void {
  describe(`the background work of two nodes on ${name}`, () => {
    let shared: SharedDatabase
    let nodes: readonly [TestCore, TestCore]

    beforeAll(async () => {
      shared = await create()
      const clock = createFakeClock(Date.now())
      const nodeOf = (storage: Storage, seed: number): TestCore => {
        // The database has the machine's clock; time is made to pass here.
        const store = { ...storage, databaseNow: () => Promise.resolve(clock.now()) }
        return createTestCore({ store, seed, clock })
      }
      nodes = [nodeOf(shared.storages[0], 1), nodeOf(shared.storages[1], 2)]
    })
    afterAll(() => shared.cleanUp())

    it('sends each message once', async () => {
      // Slow enough that the first courier is full before all is leased, however fast the database is.
      const post = createPost(() => sleep(systemTimers, 100))
      const ids = new Set<string>()
      for (let count = 0; count < 100; count++) ids.add(await queueCode(nodes[count % 2 === 0 ? 0 : 1]))
      const courierOf = (core: TestCore): Courier => createCourier({ core, transport: post, timers: systemTimers })
      const couriers = [courierOf(nodes[0]), courierOf(nodes[0]), courierOf(nodes[1]), courierOf(nodes[1])]
      const reports = await Promise.all(couriers.map((courier) => courier.drain()))
      for (const courier of couriers) await courier.stop()
      expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBe(100)
      expect(reports.filter(({ sent }) => sent > 0).length).toBeGreaterThan(1)
      expect(post.accepted).toHaveLength(100)
      expect(new Set(post.accepted.map(({ id }) => id))).toEqual(ids)
    })

    it('seals the log once, and the log verifies', async () => {
      for (let batch = 0; batch < 12; batch++) {
        const core = nodes[batch % 2 === 0 ? 0 : 1]
        const events = Array.from({ length: 100 }, (_, index) =>
          appendEvent(core, noContext, { kind: 'login.failure', data: { batch, index } }),
        )
        await core.store.commit(events, core.clock.now())
      }
      await nodes[0].clock.advance(2 * minuteMs)
      const reports = await Promise.all([...nodes, ...nodes, ...nodes].map((core) => sealEvents(core)))
      expect(reports.reduce((sum, { events }) => sum + events, 0)).toBe(1_200)
      expect(await verifyEvents(nodes[1])).toMatchObject({ ok: true, seals: 3, events: 1_200, unsealedEvents: 0 })
    })

    it('removes what has expired, whoever comes first, and the log still verifies', async () => {
      const event = appendEvent(nodes[0], noContext, { kind: 'login.failure' })
      await nodes[0].clock.advance(dayMs)
      await nodes[0].store.commit([event], nodes[0].clock.now())
      await nodes[0].clock.advance(401 * dayMs)
      const later = appendEvent(nodes[0], noContext, { kind: 'login.failure' })
      await nodes[0].store.commit([later], nodes[0].clock.now())
      await nodes[0].clock.advance(2 * minuteMs)
      await sealEvents(nodes[0])
      const reports = await Promise.all(nodes.map((core) => sweep(core)))
      expect(reports.reduce((sum, { removed }) => sum + removed.messages, 0)).toBe(100)
      expect(await verifyEvents(nodes[0])).toMatchObject({ ok: true, findings: [] })
    })
  })
}
