import type { Metrics } from '../http/metrics.ts'
import type { Logger } from '../platform/logger.ts'
import { systemStopwatch } from '../platform/stopwatch.ts'
import { systemTimers } from '../platform/timers.ts'
import type { AttachedLimits } from '../store/limit-store.ts'
import type { AuthOptions, EngineStorage } from './options.ts'

/** The storage with its budgets in the limit store, where one is set. */
export function attachLimits(
  { storage, limitStore }: Pick<AuthOptions, 'storage' | 'limitStore'>,
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
): { readonly limits: AttachedLimits | undefined; readonly storage: EngineStorage } {
  if (limitStore === undefined) return { limits: undefined, storage }
  const fallbacks = metrics.counter(
    'latchkey_limit_fallbacks_total',
    'Charges whose limits the database took because the limit store did not answer.',
  )
  const limits = limitStore.attach(storage, {
    stopwatch: systemStopwatch,
    timers: systemTimers,
    logger,
    onFallback: () => fallbacks.add(),
  })
  return { limits, storage: { ...storage, charge: limits.charge, commit: limits.commit } }
}
