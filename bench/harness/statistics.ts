/** Median with its spread: what a benchmark says of several rounds. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Linear interpolation between the two nearest ranks (Hyndman and Fan, type 7). `NaN` of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export function summarise(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    max: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    rounds: values.length,
  }
}

/** Slope of the least-squares line through equally spaced values, a step. */
export function slope(values: readonly number[]): number {
  const meanX = (values.length - 1) / 2
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length
  let covariance = 0
  let variance = 0
  for (const [x, y] of values.entries()) {
    covariance += (x - meanX) * (y - meanY)
    variance += (x - meanX) ** 2
  }
  return variance === 0 ? 0 : covariance / variance
}

export interface PairedVerdict {
  /** Median difference of each series, as a part of the median of its second members. */
  readonly shares: readonly number[]
  readonly isLeak: boolean
}

/**
 * Interleaved pairs (known, unknown), several independent series. One series can err by chance; it is a difference only when all
 * agree in sign and the median of their differences exceeds `threshold`.
 */
export function judgePairs(
  series: readonly (readonly (readonly [number, number])[])[],
  threshold: number = 0.05,
): PairedVerdict {
  const shares = series.map(
    (pairs) => median(pairs.map(([known, unknown]) => known - unknown)) / median(pairs.map(([, unknown]) => unknown)),
  )
  const agree = shares.every((share) => share > 0) || shares.every((share) => share < 0)
  return { shares, isLeak: shares.length > 0 && agree && Math.abs(median(shares)) > threshold }
}
