import { secondMs } from '../platform/clock.ts'
import { defaultSessionCache, type SessionCacheOptions } from '../session/cache/options.ts'
import type { AuthOptions } from './options.ts'
import { refuseUnknown, refuseUnless, refuseUnlessWithin } from './refuse.ts'

/** `undefined`: no cache. @throws LatchkeyError `config_invalid`, naming the option */
export function resolveSessionCache(option: AuthOptions['sessionCache']): SessionCacheOptions | undefined {
  if (option === false) return undefined
  const given: unknown = option === undefined ? {} : option
  refuseUnless(
    typeof given === 'object' && given !== null && !Array.isArray(given),
    'sessionCache',
    'false, or { leaseMs, pollMs, maxEntries } in part',
  )
  refuseUnknown(given, defaultSessionCache, 'sessionCache.')
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { leaseMs, pollMs, maxEntries }: SessionCacheOptions = { ...defaultSessionCache, ...defined }
  refuseUnlessWithin(leaseMs, [50, 10 * secondMs], 'sessionCache.leaseMs')
  // A lease that ends before the next read would leave the cache silent in between.
  refuseUnlessWithin(pollMs, [10, leaseMs], 'sessionCache.pollMs')
  refuseUnlessWithin(maxEntries, [1, 1_000_000], 'sessionCache.maxEntries')
  return { leaseMs, pollMs, maxEntries }
}
