import type { Clock } from '../platform/clock.ts'
import type { Ids } from '../platform/ids.ts'
import type { Random } from '../platform/random.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { Store } from '../store/store.ts'
import type { Settings } from './settings.ts'

/** What decisions are given. Each function names the members that it uses: `Pick<Core, 'store' | 'clock'>`. */
export interface Core {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly keys: KeyRing
  readonly settings: Settings
}
