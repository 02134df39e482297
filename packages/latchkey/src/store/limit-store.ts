import type { Logger } from '../platform/logger.ts'
import type { Stopwatch } from '../platform/stopwatch.ts'
import type { Timers } from '../platform/timers.ts'
import type { Store } from './store.ts'

/** Keeps the budgets of the limits somewhere else than in the database. Attempts at challenges stay with their challenges. */
export interface LimitStore {
  /** Puts itself in front of the store of one engine. */
  attach(store: LimitedStore, ports: LimitStorePorts): AttachedLimits
}

/** What it needs of the store behind it, which takes the budgets for as long as they cannot be kept where they belong. */
export type LimitedStore = Pick<Store, 'charge' | 'commit' | 'findSubjectByEmail' | 'findChallenge'>

export interface LimitStorePorts {
  readonly stopwatch: Stopwatch
  readonly timers: Timers
  readonly logger: Logger
  /** Called for each charge whose budgets the database took instead. */
  onFallback(): void
}

/** `charge` and `commit` keep the contract of the store, budgets among them. */
export interface AttachedLimits extends Pick<Store, 'charge' | 'commit'> {
  /** Begins to connect. The first charge does it by itself. */
  start(): void
  /** How long the database has been keeping the budgets; 0 while they are where they belong. */
  fallenBackMs(): number
  close(): void
}
