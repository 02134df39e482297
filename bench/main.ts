import { benchmarkNames, loadBenchmark, type BenchmarkName } from './benchmarks/list.ts'
import type { Result, Run, Verdict } from './harness/benchmark.ts'
import { busyCores, describeMachine } from './harness/machine.ts'
import { writePage } from './report/page.ts'
import { readNewest, readResults, resultsFile, writeResults } from './report/results.ts'
import { verdictsTable } from './report/verdicts-table.ts'

/** The command line. Gives the exit code: a missed bar is a result, not a failure. */
export async function bench(options: Options): Promise<number> {
  if (options.list) return listBenchmarks()
  if (options.page) {
    const newest = readNewest()
    if (newest === undefined) say('There are no results yet.')
    else await writePage(newest)
    return 0
  }
  // Read by harness/databases.ts, here and in the contestants.
  process.env['LATCHKEY_BENCH_RUN'] = String(process.pid)
  const { dropLeftovers, reachableServers } = await import('./harness/databases.ts')
  const run: Run = { ...pace(options.quick), servers: await reachableServers(), say }
  const machine = await describeMachine()
  say(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}; servers: ${reachable(run)}`)
  const file = resultsFile(options.quick)
  const broken: string[] = []
  const verdicts: Verdict[] = []
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void dropLeftovers().finally(() => process.exit(1)))
  try {
    for (const name of options.only) {
      const entry = await measure(name, run)
      if (entry === undefined) broken.push(name)
      // Of the harness itself nothing is kept.
      else if (name !== 'smoke') writeResults(file, machine, { ...readResults(file)?.benchmarks, [name]: entry })
      verdicts.push(...(entry?.verdicts ?? []))
    }
  } finally {
    await dropLeftovers()
  }
  say(`\n${verdictsTable(verdicts, 'text')}`)
  const results = readResults(file)
  if (options.quick)
    say('\nA quick run: short rounds on a machine that has not settled. It says that the benchmarks run.')
  else if (results !== undefined) {
    await writePage(results)
    say(`\nbench/${file.pathname.split('/bench/').at(-1)} and docs/performance.md written`)
  }
  if (broken.length > 0) say(`✗ broken: ${broken.join(', ')}`)
  return broken.length === 0 ? 0 : 1
}

/** What one benchmark found, with what the page needs to show it. */
async function measure(name: BenchmarkName, run: Run): Promise<(Result & Entry) | undefined> {
  const benchmark = await loadBenchmark(name)
  const othersCores = run.quick ? 0 : await busyCores(500)
  const startedAt = Date.now()
  const { rounds, roundMs } = run
  say(`\n▸ ${name}: ${benchmark.title}`)
  try {
    const result = await benchmark.run(run)
    say(`  done in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`)
    return {
      title: benchmark.title,
      measuredAt: new Date(startedAt).toISOString(),
      rounds,
      roundMs,
      othersCores,
      ...result,
    }
  } catch (error) {
    say(`  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return undefined
  }
}

export interface Entry {
  readonly title: string
  readonly measuredAt: string
  readonly rounds: number
  readonly roundMs: number
  /** Cores that others kept busy in the half second before it began. */
  readonly othersCores?: number
}

function pace(quick: boolean): Omit<Run, 'servers' | 'say'> {
  return quick ? { quick, rounds: 1, roundMs: 40, people: 8 } : { quick, rounds: 5, roundMs: 700, people: 200 }
}

export interface Options {
  readonly only: readonly BenchmarkName[]
  readonly quick: boolean
  readonly list: boolean
  readonly page: boolean
  readonly needsPeers: boolean
}

/** `undefined` after saying what is wrong. */
export function parse(args: readonly string[]): Options | undefined {
  const only: BenchmarkName[] = []
  const flags = new Set<string>()
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? ''
    if (argument === '--only') {
      const name = benchmarkNames.find((known) => known === args[at + 1])
      if (name === undefined) return refuse(`--only wants one of: ${benchmarkNames.join(', ')}`)
      only.push(name)
      at++
    } else if (['--quick', '--list', '--page', '--no-build'].includes(argument)) flags.add(argument)
    else return refuse(`Unknown option ${argument}; see npm run bench -- --help`)
  }
  const chosen = only.length > 0 ? only : benchmarkNames.filter((name) => name !== 'smoke')
  return {
    only: chosen,
    needsPeers: !flags.has('--list') && !flags.has('--page') && chosen.some((name) => name !== 'smoke'),
    quick: flags.has('--quick'),
    list: flags.has('--list'),
    page: flags.has('--page'),
  }
}

function refuse(text: string): undefined {
  process.stderr.write(`${text}\n`)
  return undefined
}

async function listBenchmarks(): Promise<number> {
  for (const name of benchmarkNames) {
    const { title, bars } = await loadBenchmark(name)
    say(`${name.padEnd(16)}${title}${bars.length > 0 ? ` (${bars.join(', ')})` : ''}`)
  }
  return 0
}

function reachable({ servers }: Run): string {
  const names = Object.entries(servers).map(([name, there]) => (there ? name : `no ${name}`))
  return names.join(', ')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
