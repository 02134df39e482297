import { describe, expect, it } from 'vitest'
import type { Measurement } from '../../bench/harness/benchmark.ts'
import { compare, limit, notMeasured } from '../../bench/harness/verdict.ts'
import { barPlot } from '../../bench/report/plot.ts'
import { verdictsTable } from '../../bench/report/verdicts-table.ts'

const of = (contestant: string, perSecond: readonly number[]): Measurement => ({
  work: 'w',
  contestant,
  metrics: { perSecond },
})

describe('comparing two sides', () => {
  const sides = { bar: 'B1', what: 'check', metric: 'perSecond', atLeast: 2 } as const

  it('takes the ratio round by round, so that a machine that slows down slows both', () => {
    const verdict = compare({ ...sides, ours: of('ours', [300, 30, 3]), against: of('peer', [100, 10, 1]) })
    expect(verdict).toMatchObject({ met: true, ratio: '3× (3–3)', against: 'peer: 10', wanted: '≥ 2×' })
  })

  it('misses by the median, whatever the best round says', () => {
    const verdict = compare({ ...sides, ours: of('ours', [19, 19, 50]), against: of('peer', [10, 10, 10]) })
    expect(verdict).toMatchObject({ met: false, ratio: '1.9× (1.9–5)' })
  })

  it('reads an upper bound as one, or lets an absolute value do', () => {
    const upper = { ...sides, atMost: 0.1, atLeast: undefined }
    const { atLeast: _, ...input } = upper
    const theirs = of('peer', [100])
    expect(compare({ ...input, ours: of('ours', [9]), against: theirs }).met).toBe(true)
    expect(compare({ ...input, ours: of('ours', [11]), against: theirs }).met).toBe(false)
    expect(compare({ ...input, ours: of('ours', [11]), against: theirs, orOursAtMost: 12 }).met).toBe(true)
  })

  it('says the ratio of processor time beside the ratio of paces', () => {
    const ours = { ...of('ours', [20]), metrics: { perSecond: [20], cpuMicros: [10] } }
    const peer = { ...of('peer', [10]), metrics: { perSecond: [10], cpuMicros: [30] } }
    expect(compare({ ...sides, ours, against: peer }).cpuRatio).toBe('3×')
    expect(compare({ ...sides, ours, against: of('peer', [10]) })).not.toHaveProperty('cpuRatio')
  })

  it('has no opinion where a side is missing', () => {
    const verdict = compare({ ...sides, ours: undefined, against: of('peer', [1]), why: 'not built yet' })
    expect(verdict).toMatchObject({ met: null, ratio: '–', why: 'not built yet' })
  })
})

describe('the table of bars', () => {
  const verdicts = [
    limit({ bar: 'B6', what: 'memory', value: 80, unit: 'MB', atMost: 75 }),
    limit({ bar: 'B6', what: 'memory | later', value: 70, unit: 'MB', atMost: 75 }),
    notMeasured('B9', 'revocation', 'no PostgreSQL answers'),
  ]

  it('says met, missed and not measured, and never makes one of the other', () => {
    const lines = verdictsTable(verdicts, 'text').split('\n')
    expect(lines[1]).toMatch(/missed$/)
    expect(lines[2]).toMatch(/ met$/)
    expect(lines[3]).toMatch(/not measured: no PostgreSQL answers$/)
  })

  it('keeps its columns in Markdown', () => {
    const lines = verdictsTable(verdicts, 'markdown').split('\n')
    for (const line of lines) expect(line.split(/(?<!\\)\|/)).toHaveLength(10)
  })
})

describe('a plot', () => {
  it('is one picture with a bar for each side and no raw markup of a label', () => {
    const svg = barPlot('check <b>', 'a second', [
      { label: 'ours & more', values: [1_000, 1_200, 900], isOurs: true },
      { label: 'peer', values: [10], isOurs: false },
    ])
    expect(svg.match(/<rect /g)).toHaveLength(2)
    expect(svg).toContain('ours &amp; more')
    expect(svg).not.toContain('<b>')
    expect(svg).not.toContain('NaN')
  })
})
