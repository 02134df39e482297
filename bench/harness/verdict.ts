import type { Measurement, MetricName, Verdict } from './benchmark.ts'
import { median, summarise, type Summary } from './statistics.ts'

interface Sides {
  readonly bar: string
  readonly what: string
  readonly ours: Measurement | undefined
  readonly against: Measurement | undefined
  readonly metric: MetricName
  /** The ratio ours : theirs must be at least, or at most, this. */
  readonly atLeast?: number
  readonly atMost?: number
  /** Instead of the ratio, this much of ours is enough. */
  readonly orOursAtMost?: number
  /** Why a side is missing. */
  readonly why?: string
}

/** Compares two sides round by round: neighbours in time met the same machine. */
export function compare({ bar, what, ours, against, metric, atLeast, atMost, orOursAtMost, why }: Sides): Verdict {
  const wanted =
    (atLeast === undefined ? `≤ ${factor(atMost ?? 1)}` : `≥ ${factor(atLeast)}`) +
    (orOursAtMost === undefined ? '' : ` or ≤ ${orOursAtMost}`)
  const mine = ours?.metrics[metric] ?? []
  const theirs = against?.metrics[metric] ?? []
  if (mine.length === 0 || theirs.length === 0) {
    const missing =
      mine.length === 0 ? 'ours is not there yet' : `${against?.contestant ?? 'the other side'} is not there`
    return { bar, what, ours: '–', against: '–', ratio: '–', wanted, met: null, why: why ?? missing }
  }
  const ratio = summarise(mine.map((value, round) => value / (theirs[round] ?? median(theirs))))
  const isMet =
    (atLeast === undefined ? ratio.median <= (atMost ?? 1) : ratio.median >= atLeast) ||
    (orOursAtMost !== undefined && median(mine) <= orOursAtMost)
  return {
    bar,
    what,
    ours: number(median(mine)),
    against: `${against?.contestant ?? ''}: ${number(median(theirs))}`,
    ratio: spread(ratio),
    ...cpuRatioOf(metric, ours, against),
    wanted,
    met: isMet,
  }
}

function cpuRatioOf(metric: MetricName, ours?: Measurement, against?: Measurement): { readonly cpuRatio?: string } {
  const mine = median(ours?.metrics.cpuMicros ?? [])
  const theirs = median(against?.metrics.cpuMicros ?? [])
  return metric === 'perSecond' && mine > 0 && theirs > 0 ? { cpuRatio: `${number(theirs / mine)}×` } : {}
}

/** A bar that is a number of ours, not a ratio. */
export function limit(input: {
  readonly bar: string
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly atMost: number
}): Verdict {
  const { bar, what, value, unit, atMost } = input
  const ours = `${number(value)} ${unit}`
  return { bar, what, ours, against: '–', ratio: '–', wanted: `≤ ${atMost} ${unit}`, met: value <= atMost }
}

export function notMeasured(bar: string, what: string, why: string, wanted: string = ''): Verdict {
  return { bar, what, ours: '–', against: '–', ratio: '–', wanted, met: null, why }
}

/** Four figures at most: more would be noise. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits })
}

function factor(value: number): string {
  return value >= 1 ? `${value}×` : `${number(value * 100)} %`
}

function spread({ median: middle, min, max }: Summary): string {
  return `${number(middle)}× (${number(min)}–${number(max)})`
}
