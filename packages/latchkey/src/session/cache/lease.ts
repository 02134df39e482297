import type { Clock } from '../../platform/clock.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'

/** An instant by both kinds of time. */
export interface Moment {
  readonly clockAt: number
  readonly stopwatchAt: number
}

export interface LeasePorts {
  readonly clock: Clock
  readonly stopwatch: Stopwatch
}

export function momentNow({ clock, stopwatch }: LeasePorts): Moment {
  return { clockAt: clock.now(), stopwatchAt: stopwatch.elapsedMs() }
}

/**
 * Whether less than `leaseMs` has passed, by the stopwatch and by the clock. A clock that was set must not make the time longer, and a
 * machine that slept stops its stopwatch, but not its clock.
 */
export function isWithin(ports: LeasePorts, from: Moment, leaseMs: number): boolean {
  const passedMs = ports.clock.now() - from.clockAt
  return passedMs >= 0 && passedMs < leaseMs && ports.stopwatch.elapsedMs() - from.stopwatchAt < leaseMs
}
