import { describe, expect, it } from 'vitest'
import { createSimulatedTime, type SimulatedTime } from '../../../../../test/simulated-database.ts'
import { hourMs, minuteMs, secondMs } from '../../platform/clock.ts'
import { LatchkeyError } from '../../platform/errors.ts'
import type { LogFields, Logger } from '../../platform/logger.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import type { Storage } from '../../storage/storage.ts'
import { testEpochAt } from '../../testing/fake-clock.ts'
import { createTestCore } from '../../testing/test-core.ts'
import { aTestUser } from '../../testing/test-session.ts'
import type { UserId } from '../../user/user.ts'
import { createChangeFeed, type ChangeFeed } from './change-feed.ts'

interface Feed {
  readonly feed: ChangeFeed
  readonly time: SimulatedTime
  readonly storage: Storage
  readonly told: (UserId | 'begin')[]
  readonly lines: string[]
  readonly reads: { count: number }
  /** While it is there, the answers to reads wait for it. */
  obstacle: (() => Promise<unknown>) | undefined
  append(): Promise<UserId>
}

function createFeed(): Feed {
  const time = createSimulatedTime(testEpochAt)
  const storage = createMemoryStorage({ clock: time.clock })
  const core = createTestCore({ store: storage })
  const told: Feed['told'] = []
  const lines: string[] = []
  const log = (_: LogFields, message: string): void => void lines.push(message)
  const logger: Logger = { debug: log, info: log, warn: log, error: log }
  const reads = { count: 0 }
  const feed = createChangeFeed(
    {
      ...time,
      timers: time,
      logger,
      store: {
        databaseNow: storage.databaseNow,
        lastChangeBefore: storage.lastChangeBefore,
        async listChanges(request) {
          reads.count++
          const found = await storage.listChanges(request)
          await made.obstacle?.()
          return found
        },
      },
    },
    { leaseMs: secondMs, pollMs: 500 },
    {
      onBegin: () => void told.push('begin'),
      onChanges: (changes) => void told.push(...changes.map(({ userId }) => userId)),
    },
  )
  const made: Feed = {
    feed,
    time,
    storage,
    told,
    lines,
    reads,
    obstacle: undefined,
    async append() {
      const { id: userId } = await aTestUser(core)
      await storage.commit([{ kind: 'appendChange', userId, sessionId: null }], time.clock.now())
      return userId
    },
  }
  return made
}

const down = (): Promise<never> => Promise.reject(new LatchkeyError('storage_unavailable'))
const never = (): Promise<never> => new Promise(() => undefined)

describe('the feed of changes', () => {
  it('does nothing before it is started and nothing after it was stopped', async () => {
    const { feed, time, reads } = createFeed()
    feed.readNow()
    await time.pass(minuteMs)
    expect([reads.count, feed.isCurrent(), feed.behindMs()]).toEqual([0, false, undefined])
    feed.start()
    feed.start()
    await time.pass(0)
    expect([reads.count, feed.isCurrent()]).toEqual([1, true])
    await feed.stop()
    expect(feed.isCurrent()).toBe(false)
    feed.readNow()
    feed.start()
    await time.pass(minuteMs)
    expect(reads.count).toBe(1)
  })

  it('reads twice a second, tells each change once, and begins with those of the last minutes', async () => {
    const { feed, time, told, reads, append } = createFeed()
    await append()
    await time.pass(4 * minuteMs)
    const recent = await append()
    await time.pass(secondMs)
    feed.start()
    await time.pass(499)
    expect([told, reads.count]).toEqual([['begin', recent], 1])
    const next = await append()
    await time.pass(1)
    expect(told).toEqual(['begin', recent, next])
    await time.pass(10 * secondMs)
    expect([told.length, reads.count]).toEqual([3, 22])
    await feed.stop()
  })

  it('reads at once when it is hinted at, and never more than a hundred times a second', async () => {
    const { feed, time, told, reads, append } = createFeed()
    feed.start()
    await time.pass(100)
    const heard = await append()
    feed.readNow()
    await time.pass(0)
    expect(told).toEqual(['begin', heard])
    for (let hint = 0; hint < 1_000; hint++) {
      feed.readNow()
      await time.pass(1)
    }
    expect(reads.count).toBeGreaterThan(50)
    expect(reads.count).toBeLessThanOrEqual(103)
    await feed.stop()
  })

  it('reads once more after a read during which a hint came, since that may have looked before the change', async () => {
    const made = createFeed()
    const { feed, time, told, append } = made
    feed.start()
    await time.pass(400)
    let release = (): void => undefined
    made.obstacle = () => new Promise<void>((resolve) => (release = resolve))
    feed.readNow()
    await time.pass(0)
    const missed = await append()
    feed.readNow()
    made.obstacle = undefined
    release()
    await time.pass(10)
    expect(told).toEqual(['begin', missed])
    await feed.stop()
  })

  it('is current for a lease from the beginning of a good read, by whichever of stopwatch and clock says more', async () => {
    const made = createFeed()
    const { feed, time } = made
    feed.start()
    await time.pass(0)
    made.obstacle = down
    await time.pass(999)
    expect(feed.isCurrent()).toBe(true)
    await time.pass(1)
    expect(feed.isCurrent()).toBe(false)
    made.obstacle = undefined
    await time.pass(500)
    expect(feed.isCurrent()).toBe(true)
    // Set back by what would make the lease longer, or forward as after a sleep of the machine.
    for (const byMs of [-1, 1, -hourMs, hourMs]) {
      time.setClockBy(byMs)
      expect(feed.isCurrent()).toBe(byMs === 1)
      await time.pass(500)
      expect(feed.isCurrent()).toBe(true)
    }
    made.obstacle = down
    time.setClockBy(-500)
    await time.pass(700)
    time.setClockBy(500)
    await time.pass(300)
    time.setClockBy(-900)
    expect(feed.isCurrent()).toBe(false)
    await feed.stop()
  })

  it('counts the lease from when the read began, not from when it was answered', async () => {
    const made = createFeed()
    const { feed, time } = made
    let answer = (): void => undefined
    made.obstacle = () => new Promise<void>((resolve) => (answer = resolve))
    feed.start()
    await time.pass(600)
    made.obstacle = down
    answer()
    await time.pass(399)
    expect(feed.isCurrent()).toBe(true)
    await time.pass(1)
    expect(feed.isCurrent()).toBe(false)
    await feed.stop()
  })

  it('says once that it fails and once that it works again, and how long it is behind', async () => {
    const made = createFeed()
    const { feed, time, lines } = made
    feed.start()
    await time.pass(0)
    made.obstacle = down
    await time.pass(20 * secondMs)
    expect(feed.behindMs()).toBe(20 * secondMs)
    expect(lines).toHaveLength(1)
    made.obstacle = undefined
    const missed = await made.append()
    await time.pass(500)
    expect(made.told).toEqual(['begin', missed])
    expect([lines.length, feed.isCurrent()]).toEqual([2, true])
    await feed.stop()
  })

  it('gives up a read that hangs, and does not listen when that answers after all', async () => {
    const made = createFeed()
    const { feed, time, told } = made
    feed.start()
    await time.pass(0)
    let answer = (): void => undefined
    made.obstacle = () => new Promise<void>((resolve) => (answer = resolve))
    await time.pass(500)
    made.obstacle = undefined
    expect(feed.isCurrent()).toBe(true)
    await time.pass(1_999)
    expect(feed.isCurrent()).toBe(false)
    await time.pass(501)
    expect(feed.isCurrent()).toBe(true)
    const heard = await made.append()
    answer()
    await time.pass(0)
    expect(told).toEqual(['begin'])
    await time.pass(500)
    expect(told).toEqual(['begin', heard])
    await feed.stop()
  })

  it('begins anew when the change that it stood on is gone', async () => {
    const { feed, time, storage, told, append } = createFeed()
    feed.start()
    const first = await append()
    await time.pass(secondMs)
    expect(told).toEqual(['begin', first])
    const before = time.clock.now() + hourMs
    await storage.commit([{ kind: 'removeExpired', what: 'changes', before, limit: 10 }], before)
    const second = await append()
    await time.pass(secondMs)
    expect(told).toEqual(['begin', first, 'begin', second])
    expect(feed.isCurrent()).toBe(true)
    await feed.stop()
  })

  it('reads as many pages as there are', async () => {
    const { feed, time, storage, told, reads } = createFeed()
    const { id: userId } = await aTestUser(createTestCore())
    const writes = Array.from({ length: 2_500 }, () => ({ kind: 'appendChange', userId, sessionId: null }) as const)
    await storage.commit(writes, time.clock.now())
    feed.start()
    await time.pass(0)
    await time.pass(0)
    expect([told.length, reads.count, feed.isCurrent()]).toEqual([2_501, 3, true])
    await feed.stop()
  })

  it('can be stopped while a read hangs', async () => {
    const made = createFeed()
    const { feed, time } = made
    made.obstacle = never
    feed.start()
    await time.pass(0)
    const stopping = feed.stop()
    await time.pass(2 * secondMs)
    await stopping
    expect(made.lines).toEqual([])
  })
})
