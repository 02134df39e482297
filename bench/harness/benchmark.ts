import type { Profile } from './profile.ts'

/** One file under benchmarks/ is one of these. */
export interface Benchmark {
  readonly name: string
  readonly title: string
  /** Which bars of bench.md it answers. */
  readonly bars: readonly string[]
  run(run: Run): Promise<Result>
}

/** How this run measures. */
export interface Run {
  readonly quick: boolean
  readonly rounds: number
  readonly roundMs: number
  readonly people: number
  readonly servers: { readonly postgres: boolean; readonly mysql: boolean; readonly redis: boolean }
  say(text: string): void
}

export interface Result {
  readonly measurements: readonly Measurement[]
  readonly verdicts: readonly Verdict[]
  readonly notes?: readonly string[]
  readonly profiles?: readonly { readonly of: string; readonly profile: Profile }[]
}

export interface Measurement {
  /** `session check, one at a time`: what is compared with each other. */
  readonly work: string
  readonly contestant: string
  /** The value of every round, in the order in which they ran. */
  readonly metrics: Readonly<Partial<Record<MetricName, readonly number[]>>>
}

export type MetricName = keyof typeof metrics

/** Columns of the tables: head, unit, digits. `perSecond` is drawn. */
export const metrics = {
  perSecond: { head: 'a second', digits: 0 },
  cpuMicros: { head: 'CPU a request, µs', digits: 0 },
  p50Ms: { head: 'p50, ms', digits: 2 },
  p99Ms: { head: 'p99, ms', digits: 2 },
  rssMb: { head: 'RSS, MB', digits: 0 },
  ms: { head: 'ms', digits: 0 },
  micros: { head: 'µs', digits: 1 },
  kb: { head: 'kB', digits: 1 },
  mb: { head: 'MB', digits: 1 },
  statements: { head: 'statements', digits: 0 },
  roundTrips: { head: 'round trips', digits: 0 },
  packages: { head: 'packages', digits: 0 },
  count: { head: 'count', digits: 0 },
} as const

/** One line of the table of bars. */
export interface Verdict {
  readonly bar: string
  readonly what: string
  readonly ours: string
  readonly against: string
  /** `21.3× (20.1–22.0)`. */
  readonly ratio: string
  /** The same by processor time a request, which others on the machine disturb less. */
  readonly cpuRatio?: string
  readonly wanted: string
  /** `null`: not measured, and `why` says why. */
  readonly met: boolean | null
  readonly why?: string
}
