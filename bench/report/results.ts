import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Result } from '../harness/benchmark.ts'
import type { Machine } from '../harness/machine.ts'
import type { Entry } from '../main.ts'

export interface Results {
  readonly machine: Machine
  readonly benchmarks: Readonly<Record<string, Result & Entry>>
}

const folder = new URL('../results/', import.meta.url)

/** One file a day: a benchmark that runs again replaces its own part. */
export function resultsFile(quick: boolean): URL {
  return new URL(`${new Date().toISOString().slice(0, 10)}${quick ? '-quick' : ''}.json`, folder)
}

export function readResults(file: URL): Results | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined
}

export function writeResults(file: URL, machine: Machine, benchmarks: Results['benchmarks']): void {
  mkdirSync(folder, { recursive: true })
  const fourFigures = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
  writeFileSync(file, `${JSON.stringify({ machine, benchmarks }, fourFigures, 1)}\n`)
}

/** The newest full run. */
export function readNewest(): Results | undefined {
  if (!existsSync(folder)) return undefined
  const newest = readdirSync(folder)
    .filter((name) => /^\d{4}-\d\d-\d\d\.json$/.test(name))
    .toSorted()
    .at(-1)
  return newest === undefined ? undefined : readResults(new URL(newest, folder))
}
