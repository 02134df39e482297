import type { Core } from '../core/core.ts'
import { defaultSettings, type Settings } from '../core/settings.ts'
import { createIds } from '../platform/ids.ts'
import type { Random } from '../platform/random.ts'
import { createKeyRing } from '../secrets/key-ring.ts'
import { createAccessTokens } from '../session/access-token.ts'
import type { SessionPorts } from '../session/check-session.ts'
import { createLastSeen } from '../session/last-seen.ts'
import { createSigningKeys } from '../session/signing-keys.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createSeededRandom } from './seeded-random.ts'

export interface TestCoreOptions {
  /** Replaces whole members of the default settings; `publicUrl` is `https://app.example.com` unless given. */
  readonly settings?: Partial<Settings>
  /** A clock to share, or the instant at which an own one starts. */
  readonly clock?: FakeClock | number
  /** Where the seeded randomness begins; cores that share a store need different seeds. Default 1. */
  readonly seed?: number
  readonly random?: Random
  /** Newest first. */
  readonly secrets?: readonly string[]
  /** Another storage, for instance that of a first core, to play two nodes on one database. Default: an empty one in memory. */
  readonly store?: Storage
}

export interface TestCore extends Core, SessionPorts {
  readonly clock: FakeClock
  readonly store: Storage
}

export const testSecret = 'a secret for tests that is long enough'

/**
 * Everything that decisions are given, on memory storage, with a clock that stands still and randomness that repeats.
 *
 * @example
 * const core = createTestCore({ settings: { appName: 'Acme' } })
 * await core.clock.advance(minuteMs)
 */
export function createTestCore(options: TestCoreOptions = {}): TestCore {
  const clock = typeof options.clock === 'object' ? options.clock : createFakeClock(options.clock)
  const random = options.random ?? createSeededRandom(options.seed)
  const core = {
    clock,
    random,
    store: options.store ?? createMemoryStorage({ clock }),
    ids: createIds(clock, random),
    keys: createKeyRing(options.secrets ?? [testSecret], random),
    settings: { ...defaultSettings, publicUrl: 'https://app.example.com', ...options.settings },
  }
  const signingKeys = createSigningKeys(core)
  return { ...core, accessTokens: createAccessTokens({ ...core, signingKeys }), lastSeen: createLastSeen(core) }
}
