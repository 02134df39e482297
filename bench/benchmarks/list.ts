import type { Benchmark } from '../harness/benchmark.ts'

/** Loaded one by one: a benchmark that is not asked for needs nothing of what it imports. */
export const benchmarkNames = [
  'smoke',
  'session-check',
  'session-http',
  'sign-in',
  'storm',
  'flows',
  'cold-start',
  'memory',
  'growth',
  'limiter',
  'revocation',
  'size',
  'statements',
  'enumeration',
  'correctness',
] as const

export type BenchmarkName = (typeof benchmarkNames)[number]

export async function loadBenchmark(name: BenchmarkName): Promise<Benchmark> {
  const module = (await import(`./${name}.ts`)) as Readonly<Record<string, Benchmark>>
  const [benchmark] = Object.values(module)
  if (benchmark === undefined) throw new TypeError(`benchmarks/${name}.ts exports nothing`)
  return benchmark
}
