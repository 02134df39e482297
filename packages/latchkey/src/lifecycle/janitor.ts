import { minuteMs } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { createPeriodicJob, type PeriodicJob } from '../platform/periodic-job.ts'
import type { Timers } from '../platform/timers.ts'
import type { RetentionPorts } from './retention.ts'
import { sweep } from './sweep.ts'

export interface JanitorOptions {
  readonly core: RetentionPorts
  readonly timers: Timers
  readonly logger: Logger
  /** Default 10 minutes, each time ± a quarter. */
  readonly intervalMs?: number
}

/** Sweeps again and again in the background. Every node may have one: they find less to do, and never the same row twice. */
export function createJanitor({ core, timers, logger, intervalMs = 10 * minuteMs }: JanitorOptions): PeriodicJob {
  const work = async (): Promise<void> => {
    const { removed, factorResets } = await sweep(core)
    if (factorResets > 0) logger.info({ factorResets }, 'Removed second factors whose reset had fallen due.')
    if (Object.values(removed).some((count) => count > 0)) logger.info({ removed }, 'Removed what had expired.')
  }
  return createPeriodicJob({ name: 'sweep', work, intervalMs, jitter: 0.25, timers, random: core.random, logger })
}
