import type { Logger } from './logger.ts'
import type { Random } from './random.ts'
import type { Timers } from './timers.ts'

/** Something that is done again and again in the background, never twice at once. */
export interface PeriodicJob {
  /** Begins; the first run comes after one interval, so that a start is not slowed down. */
  start(): void
  /** Runs now, or joins the run that is under way. @throws what the work throws */
  run(): Promise<void>
  /** No further run begins; resolves when the present one has ended. */
  stop(): Promise<void>
}

export interface PeriodicJobOptions {
  readonly name: string
  readonly work: () => Promise<void>
  readonly intervalMs: number
  /** Every wait is drawn anew from `intervalMs` ± this share, so that nodes do not march in step. Default 0. */
  readonly jitter?: number
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
}

/** A run that fails is logged and tried again an interval later; a row of failures is logged once, and so is its end. */
export function createPeriodicJob(options: PeriodicJobOptions): PeriodicJob {
  const { name, work, intervalMs, jitter = 0, timers, random, logger } = options
  let cancel: (() => void) | undefined
  let current: Promise<void> | undefined
  let isFailing = false

  function run(): Promise<void> {
    current ??= work().finally(() => {
      current = undefined
    })
    return current
  }

  async function runInBackground(): Promise<void> {
    try {
      await run()
      if (isFailing) logger.info({ job: name }, 'A background job works again.')
      isFailing = false
    } catch (error) {
      if (!isFailing) logger.error({ job: name, error }, 'A background job failed; it goes on trying.')
      isFailing = true
    }
  }

  function schedule(): void {
    const waitMs = withJitter(random, intervalMs, jitter)
    const wait = timers.after(waitMs, () => {
      void runInBackground().then(() => {
        if (cancel === wait) schedule()
      })
    })
    cancel = wait
  }

  return {
    start() {
      if (cancel === undefined) schedule()
    },
    run,
    async stop() {
      cancel?.()
      cancel = undefined
      await current?.catch(() => undefined)
    },
  }
}

/** A duration drawn evenly from `ms` ± `share` of it. */
export function withJitter(random: Random, ms: number, share: number): number {
  const span = Math.round(ms * share)
  return Math.round(ms) - span + random.integer(2 * span + 1)
}
