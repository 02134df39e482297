/**
 * The only source of time. Instants are integer milliseconds since the Unix epoch; names of instants end in `At`, of durations in `Ms` or `Seconds`.
 */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

export const secondMs = 1_000
export const minuteMs: number = 60 * secondMs
export const hourMs: number = 60 * minuteMs
export const dayMs: number = 24 * hourMs
