/** One answered request, without anything personal. */
export interface RequestObservation {
  /** `undefined` when no route was found. */
  readonly route: string | undefined
  readonly method: string
  readonly status: number
  readonly problem: string | undefined
  readonly durationMs: number
  readonly requestId: string
}

/** Numbers for Prometheus (text exposition format 0.0.4). */
export interface Metrics {
  /** Fits the `observe` option of the handler. */
  observeRequest(observation: RequestObservation): void
  counter(name: string, help: string): Counter
  /** `read` is called at each scrape, e.g. for the hash queue or the outbox; one that throws or rejects is left out of that scrape. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
  render(): Promise<string>
}

export interface Counter {
  add(amount?: number): void
}

/** Seconds. A session check takes a fraction of a millisecond, a password hash tens of them, an overloaded queue seconds. */
const durationBuckets = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10]

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * Labels take their values from closed sets alone (ids of routes, known methods, statuses), so that no request can make the registry grow.
 */
export function createMetrics(): Metrics {
  const routes = new Map<string, RouteNumbers>()
  const counters: { readonly name: string; readonly help: string; value: number }[] = []
  const gauges: { readonly name: string; readonly help: string; readonly read: () => number | Promise<number> }[] = []
  const names = new Set(['latchkey_http_requests_total', 'latchkey_http_request_seconds'])
  const claim = (name: string): void => {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || names.has(name)) throw new TypeError(`not a new metric name: ${name}`)
    names.add(name)
  }
  return {
    observeRequest({ route = 'none', method, status, durationMs }) {
      const known = knownMethods.has(method) ? method : 'other'
      const { answers, histogram } = entryOf(routes, route, noRequests)
      const statuses = entryOf(answers, known, noAnswers)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      record(histogram, durationMs / 1_000)
    },
    counter(name, help) {
      claim(name)
      const counter = { name, help, value: 0 }
      counters.push(counter)
      return {
        add: (amount = 1) => {
          counter.value += amount
        },
      }
    },
    gauge(name, help, read) {
      claim(name)
      gauges.push({ name, help, read })
    },
    async render() {
      const lines = heading('latchkey_http_requests_total', 'counter', 'Answers by route, method and status.')
      for (const [route, { answers }] of routes) lines.push(...answerLines(route, answers))
      lines.push(...heading('latchkey_http_request_seconds', 'histogram', 'Time from request to answer, by route.'))
      for (const [route, { histogram }] of routes) lines.push(...histogramLines(route, histogram))
      for (const { name, help, value } of counters) lines.push(...heading(name, 'counter', help), `${name} ${value}`)
      for (const { name, help, read } of gauges) {
        const value = await settled(read)
        if (value !== undefined) lines.push(...heading(name, 'gauge', help), `${name} ${value}`)
      }
      return `${lines.join('\n')}\n`
    },
  }
}

interface RouteNumbers {
  /** By method and status. */
  readonly answers: Map<string, Map<number, number>>
  readonly histogram: Histogram
}

interface Histogram {
  readonly buckets: number[]
  sum: number
  count: number
}

const noRequests = (): RouteNumbers => ({
  answers: new Map(),
  histogram: { buckets: durationBuckets.map(() => 0), sum: 0, count: 0 },
})

const noAnswers = (): Map<number, number> => new Map()

function entryOf<Entry>(map: Map<string, Entry>, key: string, create: () => Entry): Entry {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = create()
  map.set(key, made)
  return made
}

function record(histogram: Histogram, seconds: number): void {
  histogram.count++
  // A clock that steps back must not make the sum of a counter fall.
  histogram.sum += Math.max(0, seconds)
  for (const [index, bound] of durationBuckets.entries()) {
    if (seconds <= bound) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1
  }
}

function answerLines(route: string, answers: RouteNumbers['answers']): readonly string[] {
  return [...answers].flatMap(([method, statuses]) =>
    [...statuses].map(
      ([status, count]) =>
        `latchkey_http_requests_total{route="${route}",method="${method}",status="${status}"} ${count}`,
    ),
  )
}

function histogramLines(route: string, { buckets, sum, count }: Histogram): readonly string[] {
  const name = 'latchkey_http_request_seconds'
  return [
    ...durationBuckets.map((bound, index) => `${name}_bucket{route="${route}",le="${bound}"} ${buckets[index] ?? 0}`),
    `${name}_bucket{route="${route}",le="+Inf"} ${count}`,
    `${name}_sum{route="${route}"} ${sum}`,
    `${name}_count{route="${route}"} ${count}`,
  ]
}

function heading(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`]
}

async function settled(read: () => number | Promise<number>): Promise<number | undefined> {
  try {
    const value = await read()
    return Number.isFinite(value) ? value : undefined
  } catch {
    return undefined
  }
}
