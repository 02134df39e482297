import type { PasswordHasher } from '../credential/hashing/password-hasher.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Clock } from '../platform/clock.ts'
import type { Store, StoreCounts } from '../store/store.ts'

/** What `/metrics` shows beside requests: the hash queue, and one count of the store a scrape. */
export function registerGauges(
  metrics: Metrics,
  { store, clock, hasher }: { readonly store: Store; readonly clock: Clock; readonly hasher: PasswordHasher },
): void {
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
