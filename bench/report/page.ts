import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { benchmarkNames, loadBenchmark } from '../benchmarks/list.ts'
import { metrics, type Measurement, type MetricName, type Result, type Verdict } from '../harness/benchmark.ts'
import { summarise } from '../harness/statistics.ts'
import { notMeasured, number } from '../harness/verdict.ts'
import type { Entry } from '../main.ts'
import { barPlot } from './plot.ts'
import { findings } from './findings.ts'
import { inShort } from './in-short.ts'
import type { Results } from './results.ts'
import { markdownTable, verdictsTable } from './verdicts-table.ts'

const docs = new URL('../../docs/', import.meta.url)
const plots = new URL('performance/', docs)

/** docs/performance.md and its plots, from what was measured. */
export async function writePage(results: Results): Promise<void> {
  mkdirSync(plots, { recursive: true })
  for (const name of readdirSync(plots)) if (name.endsWith('.svg')) rmSync(new URL(name, plots))
  const sections = Object.entries(results.benchmarks).map(([name, entry]) => section(name, entry))
  const missing = await missingVerdicts(results)
  writeFileSync(new URL('performance.md', docs), [intro(results, missing), ...sections].join('\n\n') + '\n')
}

/** A benchmark that did not run leaves its bars open, not out. */
async function missingVerdicts({ benchmarks }: Results): Promise<readonly Verdict[]> {
  const names = benchmarkNames.filter((name) => name !== 'smoke' && benchmarks[name] === undefined)
  const missing = await Promise.all(names.map(loadBenchmark))
  return missing.flatMap(({ name, title, bars }) =>
    (bars.length > 0 ? bars : [name]).map((bar) => notMeasured(bar, title, 'it was not part of this run')),
  )
}

function intro({ machine, benchmarks }: Results, missing: readonly Verdict[]): string {
  const entries = Object.values(benchmarks)
  const verdicts = [...entries.flatMap((entry) => entry.verdicts), ...missing].toSorted(
    (a, b) => barNumber(a.bar) - barNumber(b.bar),
  )
  const count = (met: boolean | null): number => verdicts.filter((verdict) => verdict.met === met).length
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  const days = [...new Set(entries.map(({ measuredAt }) => measuredAt.slice(0, 10)))].toSorted()
  return `# Performance

Written by \`npm run bench\`; change \`bench/\`, not this page. Measured on ${days.join(', ')}: ${machine.processor}, ${machine.cores} cores,
${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}; ${versions.join(', ')}.

**How to read it.** Machines are noisy, so nothing here is an absolute promise: every figure is a ratio, measured side by side in one
run. Each contestant is a process of its own; rounds are interleaved (A B A B …) after a warm-up; a figure is the median of the
rounds with the least and the greatest in brackets, and a ratio is taken round by round. A request that is not answered as it should be
ends the benchmark. Latchkey runs in its default configuration, with its limits, its audit log and its outbox; only the cap of 25 sessions a
user is lifted, because the peer has none. better-auth gets SQLite in WAL mode with the same durability, its rate limiter off and only the
plug-ins that an operation needs. “Hash stubbed” means that verifying a password costs nothing, for both sides: it shows the engine.

${busyRun(entries)}${inShort(verdicts)}

## The bars

${count(true)} met, ${count(false)} missed, ${count(null)} not measured.

${verdictsTable(verdicts, 'markdown')}

${findings}`
}

function barNumber(bar: string): number {
  return Number(bar.replace(/\D/g, '')) || 99
}

function section(name: string, entry: Result & Entry): string {
  const works = [...new Set(entry.measurements.map(({ work }) => work))]
  const blocks = works.flatMap((work, index) => {
    const rows = entry.measurements.filter((one) => one.work === work)
    return [...plot(`${name}-${index + 1}`, work, rows), table(work, rows)]
  })
  const notes = (entry.notes ?? []).map((note) => `- ${note}`)
  const profiles = (entry.profiles ?? []).map(
    ({ of, profile }) =>
      `Where our time goes, ${of} (V8 sampling profile, self time):\n\n${markdownTable(
        ['place', 'share', 'function', 'share'],
        profile.places.slice(0, 12).map(({ name: place, share }, row) => {
          const top = profile.functions[row]
          return [place, percent(share), top?.name ?? '', top === undefined ? '' : percent(top.share)]
        }),
      )}`,
  )
  const how = `${entry.rounds} rounds of ${entry.roundMs} ms where a benchmark has no length of its own.${busy(entry)}`
  return [`## ${entry.title}`, how, ...blocks, ...(notes.length > 0 ? [notes.join('\n')] : []), ...profiles].join(
    '\n\n',
  )
}

/** A run on a machine that others use says what is measured and where time goes, not whether a bar is met. */
function busyRun(entries: readonly Entry[]): string {
  const most = Math.max(...entries.map(({ othersCores = 0 }) => othersCores))
  if (most <= busyAbove) return ''
  return `**Not to be judged by: others kept up to ${number(most)} cores of the machine busy, as the spreads show. Ratios by CPU time suffer least. To be
measured again on a machine that has nothing else to do.**\n\n`
}

/** What an idle system does for itself is less. */
const busyAbove = 0.4

/** Other work on the machine spoils wall-clock figures, and 99th percentiles most. */
function busy({ othersCores = 0 }: Entry): string {
  return othersCores > busyAbove
    ? ` **Others kept ${number(othersCores)} cores of the machine busy: do not judge by these.**`
    : ''
}

function plot(file: string, work: string, rows: readonly Measurement[]): readonly string[] {
  const metric = (['perSecond', 'p99Ms', 'ms', 'micros'] as const).find((name) =>
    rows.every((row) => (row.metrics[name]?.length ?? 0) > 0),
  )
  if (metric === undefined || rows.length < 2) return []
  const bars = rows.map(({ contestant, metrics: measured }) => ({
    label: contestant,
    values: measured[metric] ?? [],
    isOurs: contestant.startsWith('Latchkey'),
  }))
  writeFileSync(new URL(`${file}.svg`, plots), barPlot(work, metrics[metric].head, bars))
  return [`![${work}](performance/${file}.svg)`]
}

function table(work: string, rows: readonly Measurement[]): string {
  const names = (Object.keys(metrics) as MetricName[]).filter((name) =>
    rows.some((row) => row.metrics[name] !== undefined),
  )
  return markdownTable(
    [work, '', ...names.map((name) => metrics[name].head)].toSpliced(1, 1),
    rows.map(({ contestant, metrics: measured }) => [contestant, ...names.map((name) => cell(measured[name]))]),
  )
}

function cell(values: readonly number[] | undefined): string {
  if (values === undefined || values.length === 0) return '–'
  const { median, min, max } = summarise(values)
  return values.length === 1 ? number(median) : `${number(median)} (${number(min)}–${number(max)})`
}

function percent(share: number): string {
  return `${number(share * 100)} %`
}
