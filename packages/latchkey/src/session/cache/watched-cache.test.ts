import { describe, expect, it } from 'vitest'
import { createSimulatedTime, type SimulatedTime } from '../../../../../test/simulated-database.ts'
import { hourMs, secondMs } from '../../platform/clock.ts'
import { silentLogger } from '../../platform/logger.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import type { Storage } from '../../storage/storage.ts'
import type { ChangeSignals } from '../../store/change-signals.ts'
import { testEpochAt } from '../../testing/fake-clock.ts'
import { createTestCore } from '../../testing/test-core.ts'
import { aTestSession, aTestUser } from '../../testing/test-session.ts'
import type { User } from '../../user/user.ts'
import type { Session } from '../session.ts'
import { createWatchedCache, type WatchedCache } from './watched-cache.ts'

interface Watched {
  readonly cache: WatchedCache
  readonly storage: Storage
  readonly time: SimulatedTime
  readonly row: { readonly session: Session; readonly user: User }
  /** Whether the cache answers for the session. */
  answers(): boolean
  keep(): void
}

async function watched(signals: Partial<ChangeSignals> = {}, maxEntries = 10): Promise<Watched> {
  const time = createSimulatedTime(testEpochAt)
  const storage = createMemoryStorage({ clock: time.clock })
  const core = createTestCore({ store: storage })
  const user = await aTestUser(core)
  const { session } = await aTestSession(core, user)
  const cache = createWatchedCache(
    {
      ...time,
      timers: time,
      logger: silentLogger,
      store: storage,
      signals: { subscribe: () => () => undefined, ...signals },
      counts: { hit: () => undefined, miss: () => undefined, fillDropped: () => undefined },
    },
    { leaseMs: secondMs, pollMs: 500, maxEntries },
  )
  return {
    cache,
    storage,
    time,
    row: { session, user },
    answers: () => cache.find(session.id) !== undefined,
    keep() {
      const fill = cache.beginFill(session.id)
      fill.keep({ session, user })
      fill.end()
    },
  }
}

describe('a cache that lives by the feed', () => {
  it('watches from the first question on, and answers once the feed was read', async () => {
    const { cache, time, answers, keep } = await watched()
    expect(cache.behindMs()).toBeUndefined()
    expect(answers()).toBe(false)
    keep()
    expect(answers()).toBe(false)
    await time.pass(0)
    expect(answers()).toBe(true)
    await cache.stop()
    expect([answers(), cache.size]).toEqual([false, 0])
  })

  it('keeps nothing that was asked for before the reading began, and nothing of before when it begins anew', async () => {
    const { cache, storage, time, row, answers, keep } = await watched()
    const early = cache.beginFill(row.session.id)
    expect(answers()).toBe(false)
    early.keep(row)
    early.end()
    await time.pass(0)
    expect(answers()).toBe(false)
    keep()
    expect(answers()).toBe(true)
    const change = {
      kind: 'appendChange',
      userId: (await aTestUser(createTestCore({ seed: 9 }))).id,
      sessionId: null,
    } as const
    await storage.commit([change], time.clock.now())
    await time.pass(600)
    expect(answers()).toBe(true)
    // What it stood on is removed: whatever else may have been lost with it, nobody knows.
    const later = time.clock.now() + hourMs
    await storage.commit([{ kind: 'removeExpired', what: 'changes', before: later, limit: 10 }], later)
    await time.pass(600)
    expect(answers()).toBe(false)
    keep()
    expect(answers()).toBe(true)
    await cache.stop()
  })

  it('ends the listening with the watching', async () => {
    const heard: string[] = []
    const { cache, answers } = await watched({
      subscribe: () => {
        heard.push('subscribed')
        return () => void heard.push('unsubscribed')
      },
      listen: () => {
        heard.push('listens')
        return () => Promise.resolve(void heard.push('deaf'))
      },
    })
    await cache.stop()
    expect(answers()).toBe(false)
    expect(heard).toEqual([])
    const other = await watched({
      subscribe: () => () => void heard.push('unsubscribed'),
      listen: () => () => Promise.resolve(void heard.push('deaf')),
    })
    other.answers()
    other.answers()
    await other.time.pass(0)
    await other.cache.stop()
    expect(heard).toEqual(['unsubscribed', 'deaf'])
  })
})

describe('a cache that lives by a version', () => {
  it('forgets everything when there is another version, also what is being fetched', async () => {
    let version = 1
    const { cache, row, answers, keep } = await watched({ version: () => version })
    expect(answers()).toBe(false)
    keep()
    expect(answers()).toBe(true)
    const fill = cache.beginFill(row.session.id)
    version = 2
    expect(answers()).toBe(false)
    fill.keep(row)
    fill.end()
    expect(answers()).toBe(false)
    keep()
    expect(answers()).toBe(true)
    expect(cache.behindMs()).toBeUndefined()
  })

  it('believes nothing while the version cannot be asked', async () => {
    let isBroken = false
    const { answers, keep } = await watched({
      version() {
        if (isBroken) throw new TypeError('The database connection is not open')
        return 1
      },
    })
    answers()
    keep()
    expect(answers()).toBe(true)
    isBroken = true
    expect(answers()).toBe(false)
    isBroken = false
    expect(answers()).toBe(false)
  })
})

describe('a full cache', () => {
  it('lets go of what was used the longest ago', async () => {
    const { cache, storage, row } = await watched({ version: () => 1 }, 2)
    const core = createTestCore({ store: storage, seed: 2 })
    const keep = async (): Promise<Session['id']> => {
      const user = await aTestUser(core)
      const { session } = await aTestSession(core, user)
      const fill = cache.beginFill(session.id)
      fill.keep({ session, user })
      fill.end()
      return session.id
    }
    cache.find(row.session.id)
    const [first, second] = [await keep(), await keep()]
    expect(cache.find(first)).toBeDefined()
    const third = await keep()
    expect([first, second, third].map((id) => cache.find(id) !== undefined)).toEqual([true, false, true])
    expect(cache.size).toBe(2)
  })
})
