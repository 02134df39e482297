import type { Core } from '../core/core.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import { firstIdAt } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { createPeriodicJob, type PeriodicJob } from '../platform/periodic-job.ts'
import { nextRound, type Timers } from '../platform/timers.ts'
import { asEventId, type AuditSeal } from './audit-event.ts'
import { maxEventsPerSeal, noSealMac, sealLabel, sealText } from './seal-chain.ts'

/**
 * Only events older than this are sealed. An event gets its id before its commit, so it can appear in the log behind younger ones; once
 * its place is sealed it would look like an insertion. A minute covers the slowest commit (five tries, each waiting for a lock) and the
 * two seconds by which clocks of nodes may differ before `/readyz` takes a node out, with plenty to spare. What it costs: the last minute
 * is protected row by row but not yet as a whole.
 */
export const settlingMs: number = minuteMs

export interface SealReport {
  readonly seals: number
  readonly events: number
}

/**
 * Seals what has settled, range by range, until nothing is left or another sealer is at it. Several may run at once: a sequence number
 * is taken by one of them, the others stop.
 *
 * @throws LatchkeyError the faults of the store
 */
export async function sealEvents({ store, clock, keys }: Pick<Core, 'store' | 'clock' | 'keys'>): Promise<SealReport> {
  let seals = 0
  let events = 0
  let previous = await store.lastSeal()
  // The slower of the two clocks decides: a node that runs ahead must not seal what others still write.
  const settledAt = Math.min(clock.now(), await store.databaseNow()) - settlingMs
  const through = asEventId(firstIdAt(settledAt))
  for (;;) {
    const range = await store.listEventRange({ after: previous?.lastId ?? null, through, limit: maxEventsPerSeal })
    const first = range[0]
    const last = range.at(-1)
    if (first === undefined || last === undefined) return { seals, events }
    const fields = {
      sequence: (previous?.sequence ?? 0) + 1,
      firstId: first.id,
      lastId: last.id,
      count: range.length,
      createdAt: clock.now(),
    }
    const rowMacs = range.map(({ mac }) => mac)
    const seal: AuditSeal = {
      ...fields,
      mac: keys.mac(sealLabel, sealText(fields, previous?.mac ?? noSealMac, rowMacs)),
    }
    const won = await store.commit([{ kind: 'appendSeal', seal }], clock.now())
    if (!won.ok) return { seals, events }
    previous = seal
    seals++
    events += range.length
    // After a long pause there is much to seal, and an embedded database would not let anybody in between.
    await nextRound()
  }
}

export interface SealerOptions {
  readonly core: Pick<Core, 'store' | 'clock' | 'keys' | 'random'>
  readonly timers: Timers
  readonly logger: Logger
  /** Default 1 s. */
  readonly intervalMs?: number
}

/** Seals again and again in the background. */
export function createSealer({ core, timers, logger, intervalMs = secondMs }: SealerOptions): PeriodicJob {
  const work = async (): Promise<void> => {
    await sealEvents(core)
  }
  return createPeriodicJob({ name: 'audit-seal', work, intervalMs, jitter: 0.2, timers, random: core.random, logger })
}
