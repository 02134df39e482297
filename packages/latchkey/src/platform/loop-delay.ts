import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop is. Measured only between `start` and `stop`, since measuring wakes the process. */
export interface LoopDelay {
  start(): void
  stop(): void
  /** Recent delay in milliseconds; 0 while nothing has been measured yet. */
  delayMs(): number
}

const resolutionMs = 5
const samplesPerWindow = 10
const windowsRemembered = 4

/**
 * The 90th percentile of the last 50 ms or more, and the worst of the last four such windows: one late tick in ten counts, a single
 * one does not, and a calm moment shorter than 200 ms does not end the alarm. The monitor's timer does not keep the process alive.
 */
export function createLoopDelay(): LoopDelay {
  let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined
  let recentMs: readonly number[] = []
  return {
    start() {
      histogram ??= monitorEventLoopDelay({ resolution: resolutionMs })
      histogram.reset()
      histogram.enable()
    },
    stop() {
      histogram?.disable()
      recentMs = []
    },
    delayMs() {
      if (histogram !== undefined && histogram.count >= samplesPerWindow) {
        // The histogram holds the time between two ticks of its own timer, in nanoseconds.
        const lateMs = Math.max(0, histogram.percentile(90) / 1e6 - resolutionMs)
        recentMs = [lateMs, ...recentMs.slice(0, windowsRemembered - 1)]
        histogram.reset()
      }
      return Math.max(0, ...recentMs)
    },
  }
}
