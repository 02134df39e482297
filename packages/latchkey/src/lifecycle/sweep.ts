import { nextRound } from '../platform/timers.ts'
import type { Expirable } from '../store/writes.ts'
import { runDueResets } from '../recovery/reset-factors.ts'
import { retention, type RetentionPorts } from './retention.ts'

export interface SweepProgress {
  readonly what: Expirable
  /** Rows of this kind so far. */
  readonly removed: number
}

export interface SweepReport {
  readonly removed: { readonly [What in Expirable]: number }
  /** Resets of second factors whose time had come. */
  readonly factorResets: number
}

/** A kind that is missing here does not compile: the report has to name it. */
const swept = [
  'challenges',
  'sessions',
  'devices',
  'messages',
  'budgets',
  'changes',
  'signing-keys',
  'events',
] as const satisfies readonly Expirable[]

/** Rows in one commit: short enough that nobody waits for it. */
const batchSize = 500

/**
 * Does what has fallen due and removes what has outlived its retention, in small commits; it can be cut off at any point and begun again, and several may run at once.
 *
 * @throws LatchkeyError the faults of the store
 * @example const { removed } = await sweep(core, { progress: ({ what, removed }) => logger.info({ what, removed }, 'removing') })
 */
export async function sweep(
  ports: RetentionPorts,
  { progress = () => undefined }: { readonly progress?: (progress: SweepProgress) => void } = {},
): Promise<SweepReport> {
  const { store, clock } = ports
  const now = clock.now()
  const factorResets = await runDueResets(ports)
  const removed: Record<(typeof swept)[number], number> = {
    challenges: 0,
    sessions: 0,
    devices: 0,
    messages: 0,
    budgets: 0,
    changes: 0,
    'signing-keys': 0,
    events: 0,
  }
  for (const what of swept) {
    const before = await retention[what](ports, now)
    if (before === undefined) continue
    for (let changed = batchSize; changed >= batchSize;) {
      const done = await store.commit([{ kind: 'removeExpired', what, before, limit: batchSize }], now)
      changed = done.ok ? (done.changed[0] ?? 0) : 0
      if (changed === 0) break
      removed[what] += changed
      progress({ what, removed: removed[what] })
      // An embedded database does its work at once: others get their turn here.
      await nextRound()
    }
  }
  return { removed, factorResets }
}
