import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'
import type { Timers } from '../../platform/timers.ts'
import { touchedByChange } from '../../store/changes.ts'
import type { ChangeSignals } from '../../store/change-signals.ts'
import type { Store } from '../../store/store.ts'
import { createChangeFeed, type ChangeFeed } from './change-feed.ts'
import type { SessionCacheOptions } from './options.ts'
import {
  createSessionCache,
  type CacheContents,
  type CacheCounts,
  type Freshness,
  type SessionCache,
} from './session-cache.ts'

export interface WatchedCachePorts {
  readonly store: Pick<Store, 'listChanges' | 'lastChangeBefore' | 'databaseNow'>
  readonly signals: ChangeSignals
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly timers: Timers
  readonly logger: Logger
  readonly counts: CacheCounts
}

/** A cache of sessions with what keeps it true. It begins to watch with the first check. */
export interface WatchedCache extends SessionCache {
  readonly size: number
  /** How long ago the feed was read, where it has to be: `undefined` before the first check, and where commits are seen at once. */
  behindMs(): number | undefined
  /** From here on every check asks the database. */
  stop(): Promise<void>
}

export function createWatchedCache(ports: WatchedCachePorts, options: SessionCacheOptions): WatchedCache {
  const { stopwatch, counts } = ports
  let watch: Watch | undefined
  let isStopped = false
  const freshness: Freshness = {
    isFresh() {
      if (isStopped) return false
      watch ??= startWatch(ports, options, cache)
      return watch.isFresh()
    },
  }
  const cache = createSessionCache({ stopwatch, maxEntries: options.maxEntries, freshness, counts })
  return {
    get size() {
      return cache.size
    },
    find: cache.find,
    beginFill: cache.beginFill,
    behindMs: () => watch?.feed?.behindMs(),
    async stop() {
      isStopped = true
      await watch?.stop()
      cache.forgetAll()
    },
  }
}

interface Watch extends Freshness {
  readonly feed: ChangeFeed | undefined
  stop(): Promise<void>
}

function startWatch(ports: WatchedCachePorts, options: SessionCacheOptions, cache: CacheContents): Watch {
  const { signals } = ports
  const unsubscribe = signals.subscribe(cache.forget)
  const end = (): Promise<void> => Promise.resolve(unsubscribe())
  if (signals.version !== undefined)
    return { feed: undefined, isFresh: createVersionCheck(signals.version, cache.forgetAll), stop: end }

  const feed = createChangeFeed(ports, options, {
    onChanges: (changes) => cache.forget(changes.map(touchedByChange)),
    onBegin: cache.forgetAll,
  })
  feed.start()
  const stopListening = signals.listen?.(feed.readNow)
  return {
    feed,
    isFresh: feed.isCurrent,
    async stop() {
      unsubscribe()
      await Promise.all([feed.stop(), stopListening?.()])
    },
  }
}

/** Nothing is believed that was found under another version. */
function createVersionCheck(version: () => number, onOther: () => void): () => boolean {
  let known: number | undefined
  return () => {
    let now: number | undefined
    try {
      now = version()
    } catch {
      // The query that follows meets the same fault and reports it.
      now = undefined
    }
    if (now !== undefined && now === known) return true
    known = now
    onOther()
    return false
  }
}
