import type { Core } from '../core/core.ts'
import type { Logger } from '../platform/logger.ts'
import { sleep, type Timers } from '../platform/timers.ts'
import { settle, type Lease } from './lease.ts'
import type { MessageStatus } from './message.ts'

/** What became of a mail. */
export interface Outcome {
  readonly lease: Lease
  readonly status: MessageStatus
  readonly nextAttemptAt: number
  readonly error: string | null
}

/** Writes down what became of mails: those of one moment in one commit, because a commit costs as much as all else about a mail. */
export interface Settlements {
  add(outcome: Outcome): void
  /** Writes at once; resolves when everything that was added is written down, or given up. Never rejects. */
  flush(): Promise<void>
  /** Not written down yet. */
  count(): number
}

export interface SettlementPorts {
  readonly core: Pick<Core, 'store' | 'clock'>
  readonly timers: Timers
  readonly logger: Logger
  readonly isStopped: () => boolean
  readonly onSettled: (outcome: Outcome) => void
}

/** The mails of a process that is killed meanwhile are sent again: short enough for few to leave in it, long enough to save a busy node most commits. */
export const momentMs = 20
const mostTogether = 8

export function createSettlements(ports: SettlementPorts): Settlements {
  const { core, timers, logger, isStopped, onSettled } = ports
  const { store, clock } = core
  let waiting: Outcome[] = []
  let cancel: (() => void) | undefined
  const writing = new Set<Promise<void>>()
  let unwritten = 0

  function begin(): void {
    cancel?.()
    cancel = undefined
    const outcomes = waiting
    if (outcomes.length === 0) return
    waiting = []
    const work = writeTogether(outcomes).finally(() => {
      unwritten -= outcomes.length
      writing.delete(work)
    })
    writing.add(work)
  }

  /** One whose lease ran out, or that the database refuses, must not keep the others from being written down. */
  async function writeTogether(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length > 1) {
      const settled = await commit(outcomes).catch(() => false)
      if (settled) return
    }
    await Promise.all(outcomes.map(write))
  }

  /** A result that is not written down means a second mail, so a database that is away for a moment is asked again while the lease lives. */
  async function write(outcome: Outcome): Promise<void> {
    const { lease, status } = outcome
    const about = { messageId: lease.message.id, status }
    for (let waitMs = 200; ; waitMs *= 2) {
      try {
        if (!(await commit([outcome]))) logger.warn(about, 'A lease ran out before its mail was settled.')
        return
      } catch (fault) {
        if (isStopped() || clock.now() + waitMs >= lease.until) {
          logger.error({ ...about, error: fault }, 'What became of a mail could not be written down.')
          return
        }
        await sleep(timers, waitMs)
      }
    }
  }

  async function commit(outcomes: readonly Outcome[]): Promise<boolean> {
    const writes = outcomes.map(({ lease, status, nextAttemptAt, error }) =>
      settle(lease, status, nextAttemptAt, error),
    )
    const { ok } = await store.commit(writes, clock.now())
    if (ok) outcomes.forEach(onSettled)
    return ok
  }

  return {
    add(outcome) {
      unwritten++
      waiting.push(outcome)
      if (waiting.length >= mostTogether) begin()
      else cancel ??= timers.after(momentMs, begin)
    },
    async flush() {
      begin()
      await Promise.all(writing)
    },
    count: () => unwritten,
  }
}
