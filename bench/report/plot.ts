import { summarise } from '../harness/statistics.ts'
import { number } from '../harness/verdict.ts'

export interface Bar {
  readonly label: string
  readonly values: readonly number[]
  readonly isOurs: boolean
}

const barHeight = 22
const gap = 8
const labelWidth = 300
const plotWidth = 420
const width = labelWidth + plotWidth + 110

/**
 * Horizontal bars of medians with their least and greatest value, on a logarithmic scale, because the sides differ by powers of ten.
 * Colours are readable on light and dark pages.
 */
export function barPlot(title: string, unit: string, bars: readonly Bar[]): string {
  const summaries = bars.map(({ values }) => summarise(values))
  const least = Math.min(...summaries.map(({ min }) => min).filter((value) => value > 0))
  const most = Math.max(...summaries.map(({ max }) => max))
  const floor = Math.floor(Math.log10(least) - 0.15)
  const ceiling = Math.ceil(Math.log10(most))
  const x = (value: number): number =>
    labelWidth + (plotWidth * (Math.log10(Math.max(value, 10 ** floor)) - floor)) / Math.max(1, ceiling - floor)
  const top = 44
  const height = top + bars.length * (barHeight + gap) + 28
  const grid = Array.from({ length: ceiling - floor + 1 }, (_, step) => 10 ** (floor + step)).map(
    (value) =>
      `<line x1="${px(x(value))}" x2="${px(x(value))}" y1="${top - 6}" y2="${height - 26}" stroke="#888" stroke-opacity=".35"/>` +
      `<text x="${px(x(value))}" y="${height - 10}" text-anchor="middle" class="small">${number(value)}</text>`,
  )
  const drawn = bars.map(({ label, isOurs }, index) => {
    const { median, min, max } = summaries[index] as (typeof summaries)[number]
    const y = top + index * (barHeight + gap)
    const middle = y + barHeight / 2
    return [
      `<text x="${labelWidth - 10}" y="${middle + 5}" text-anchor="end">${escape(label)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${px(x(median) - labelWidth)}" height="${barHeight}" rx="3" fill="${isOurs ? '#2f855a' : '#7a869a'}"/>`,
      `<line x1="${px(x(min))}" x2="${px(x(max))}" y1="${middle}" y2="${middle}" stroke="#d97706" stroke-width="2"/>`,
      `<text x="${px(x(max) + 8)}" y="${middle + 5}">${number(median)}</text>`,
    ].join('')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">`,
    '<style>text{font:14px system-ui,sans-serif;fill:#4a5568}.small{font-size:11px}.title{font-weight:600}@media(prefers-color-scheme:dark){text{fill:#cbd5e0}}</style>',
    `<text x="10" y="22" class="title">${escape(title)} (${escape(unit)}, logarithmic)</text>`,
    ...grid,
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function px(value: number): string {
  return value.toFixed(1)
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
