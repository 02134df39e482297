import type { PasswordHasher } from '../credential/hashing/password-hasher.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Clock } from '../platform/clock.ts'
import type { CacheCounts } from '../session/cache/session-cache.ts'
import type { WatchedCache } from '../session/cache/watched-cache.ts'
import type { AttachedLimits } from '../store/limit-store.ts'
import type { Store, StoreCounts } from '../store/store.ts'

/** What `/metrics` shows beside requests: the hash queue, and one count of the store a scrape. */
export function registerGauges(
  metrics: Metrics,
  ports: {
    readonly store: Store
    readonly clock: Clock
    readonly hasher: PasswordHasher
    readonly sessionCache: WatchedCache | undefined
    readonly limits: Pick<AttachedLimits, 'fallenBackMs'> | undefined
  },
): void {
  const { store, clock, hasher, sessionCache, limits } = ports
  metrics.gauge('latchkey_hashes_running', 'Password hashes running now.', () => hasher.stats().running)
  metrics.gauge(
    'latchkey_hashes_peak',
    'The most password hashes that ever ran at once.',
    () => hasher.stats().peakRunning,
  )
  metrics.gauge('latchkey_hashes_queued', 'Password hashes waiting.', () => hasher.stats().queued)
  metrics.gauge('latchkey_hashes_admitted', 'Password hashes that may run at once now.', () => hasher.stats().admitted)
  metrics.gauge(
    // Prometheus keeps the ending `_total` for counters.
    'latchkey_hashes_shed',
    'Password hashes refused because the queue was full, since the start.',
    () => hasher.stats().shed,
  )

  if (sessionCache !== undefined) {
    metrics.gauge('latchkey_session_cache_entries', 'Sessions in the cache.', () => sessionCache.size)
    metrics.gauge(
      'latchkey_change_feed_age_seconds',
      'How long ago the feed of changes was read; 0 where commits are seen at once.',
      () => (sessionCache.behindMs() ?? 0) / 1_000,
    )
  }

  if (limits !== undefined) {
    metrics.gauge(
      'latchkey_limits_fallen_back_seconds',
      'How long the database has been keeping the limits because the limit store does not answer; 0 while it does.',
      () => limits.fallenBackMs() / 1_000,
    )
  }

  // The gauges of one scrape are read one after the other: they share one statement.
  let counted: { readonly at: number; readonly counts: Promise<StoreCounts> } | undefined
  const count = (): Promise<StoreCounts> => {
    const now = clock.now()
    if (counted === undefined || Math.abs(now - counted.at) > 1_000) counted = { at: now, counts: store.counts(now) }
    return counted.counts
  }
  metrics.gauge('latchkey_users', 'Users.', async () => (await count()).users)
  metrics.gauge('latchkey_sessions_live', 'Sessions that are not over.', async () => (await count()).liveSessions)
  metrics.gauge('latchkey_outbox_queued', 'Mails waiting in the outbox.', async () => (await count()).queuedMessages)
}

export function countSessionCache(metrics: Metrics): CacheCounts {
  const hits = metrics.counter('latchkey_session_cache_hits_total', 'Session checks that the cache could answer.')
  const misses = metrics.counter('latchkey_session_cache_misses_total', 'Session checks that asked the database.')
  const dropped = metrics.counter(
    'latchkey_session_cache_fills_dropped_total',
    'Sessions that were not kept, because something changed while they were fetched.',
  )
  return { hit: hits.add, miss: misses.add, fillDropped: dropped.add }
}
