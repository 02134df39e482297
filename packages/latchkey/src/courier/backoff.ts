import { minuteMs, secondMs } from '../platform/clock.ts'

/** Before attempt `attempt + 1` of one message: 5 s, 15 s, 45 s … at most a quarter of an hour. */
export function backoffMs(attempt: number): number {
  return Math.min(5 * secondMs * 3 ** Math.min(attempt - 1, 10), 15 * minuteMs)
}

/** Between two tries while no mail leaves at all: 1 s, 2 s, 4 s … at most 30 s, because codes that wait live for five minutes. */
export function outagePauseMs(outages: number): number {
  return Math.min(secondMs * 2 ** Math.min(outages - 1, 10), 30 * secondMs)
}
