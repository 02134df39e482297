import { describe, expect, it } from 'vitest'
import { judgePairs, median, quantile, slope, summarise } from '../../bench/harness/statistics.ts'

const pairs = (difference: number): readonly (readonly [number, number])[] =>
  Array.from({ length: 31 }, (_, index) => [100 + difference + (index % 3), 100 + (index % 3)])

describe('statistics of the benchmarks', () => {
  it('takes the middle, or the mean of the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('interpolates quantiles, and has none of nothing', () => {
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20)
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('keeps the spread beside the median', () => {
    expect(summarise([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, rounds: 3 })
  })

  it('sees a trend and sees none', () => {
    expect(slope([100, 110, 120, 130])).toBeCloseTo(10)
    expect(slope([100, 100, 100])).toBe(0)
    expect(slope([7])).toBe(0)
  })
})

describe('judging known against unknown addresses', () => {
  it('reports a difference that three series agree on', () => {
    expect(judgePairs([pairs(8), pairs(9), pairs(7)])).toMatchObject({ isLeak: true })
    expect(judgePairs([pairs(-8), pairs(-9), pairs(-7)])).toMatchObject({ isLeak: true })
  })

  it('reports none where one series has the other sign', () => {
    expect(judgePairs([pairs(8), pairs(9), pairs(-1)])).toMatchObject({ isLeak: false })
  })

  it('reports none at or below the threshold', () => {
    const { shares, isLeak } = judgePairs([pairs(4), pairs(4), pairs(4)])
    expect(isLeak).toBe(false)
    for (const share of shares) expect(share).toBeCloseTo(4 / 101)
  })
})
