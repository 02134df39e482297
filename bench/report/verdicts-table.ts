import type { Verdict } from '../harness/benchmark.ts'

const heads = ['bar', 'what', 'ours', 'against', 'ratio', 'by CPU time', 'wanted', 'met'] as const

/** The bars: ours, the peer's, ratio, what was wanted, met or not. */
export function verdictsTable(verdicts: readonly Verdict[], style: 'text' | 'markdown'): string {
  const rows = verdicts.map((verdict) => [
    verdict.bar,
    verdict.what,
    verdict.ours,
    verdict.against,
    verdict.ratio,
    verdict.cpuRatio ?? '–',
    verdict.wanted,
    metText(verdict),
  ])
  if (style === 'markdown') return markdownTable(heads, rows)
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(heads), ...rows.map(line)].join('\n')
}

export function metText({ met, why }: Verdict): string {
  if (met === null) return `not measured${why === undefined ? '' : `: ${why}`}`
  return `${met ? 'met' : 'missed'}${why === undefined ? '' : `: ${why}`}`
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map((_, column) => (column < 2 ? '---' : '--:')).join('|')}|`, ...rows.map(line)].join(
    '\n',
  )
}
