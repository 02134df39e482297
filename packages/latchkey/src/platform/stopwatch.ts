/** Milliseconds since some instant, never fewer than before, whatever is done to the clock of the machine. */
export interface Stopwatch {
  elapsedMs(): number
}

export const systemStopwatch: Stopwatch = { elapsedMs: () => performance.now() }
