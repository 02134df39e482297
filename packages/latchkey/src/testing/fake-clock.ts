import type { Clock } from '../platform/clock.ts'
import { nextRound, type Timers } from '../platform/timers.ts'

/** A clock that stands still until it is told to move, and the timers that go by it. */
export interface FakeClock extends Clock, Timers {
  /** Jumps, forwards or back, without running timers: what a correction of the machine's clock looks like. */
  set(at: number): void
  /**
   * Lets time pass: runs every timer that falls due on the way, in order, each at its own instant, and waits for the work that it
   * starts as far as that does not wait for the outside world (sockets, disks).
   */
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly waiting: number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** 2026-11-02T09:00:00Z: a fixed instant, so that a failing test fails the same way tomorrow. */
export const testEpochAt = 1_793_610_000_000

/**
 * @param startAt where the clock stands at first, in epoch milliseconds
 * @example
 * const clock = createFakeClock()
 * await clock.advance(5 * minuteMs)
 */
export function createFakeClock(startAt: number = testEpochAt): FakeClock {
  let now = startAt
  const timers = new Set<Timer>()

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer
    return next
  }

  return {
    now: () => now,
    set(at) {
      now = at
    },
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        timers.delete(due)
        now = Math.max(now, due.at)
        due.run()
        await settle()
      }
      now = until
    },
    get waiting() {
      return timers.size
    },
  }
}

/** A few rounds of the event loop: enough for chains of promises, among them those that go through the memory storage. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await nextRound()
}
