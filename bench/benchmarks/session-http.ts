import type { Benchmark, Measurement, Run, Verdict } from '../harness/benchmark.ts'
import { startContestant, type ContestantProcess } from '../harness/contestant-process.ts'
import type { ContestantOptions, Listening } from '../harness/contestant.ts'
import { canPin, pinClient, pinServer, unpinClient } from '../harness/cores.ts'
import { authJs, betterAuthOn, limitOf, oursOn, withField } from '../harness/field.ts'
import { measured } from '../harness/interleave.ts'
import { closedLoop } from '../harness/load.ts'
import { median, quantile } from '../harness/statistics.ts'
import { compare, number } from '../harness/verdict.ts'

const work = 'session check over HTTP, 32 connections'

/** The same over sockets: node:http with our adapter, the peers with theirs, and bare servers that answer the same bytes. */
export const sessionHttp: Benchmark = {
  name: 'session-http',
  title: 'Session check over HTTP',
  bars: ['B2'],
  async run(run) {
    const stub = { stubHash: true }
    const answer = await sampleAnswer(run)
    const entrants = [
      oursOn('sqlite', stub),
      oursOn('postgres', stub),
      oursOn('sqlite', { ...stub, cache: true }),
      oursOn('postgres', { ...stub, cache: true }),
      betterAuthOn('sqlite', stub),
      betterAuthOn('postgres', stub),
      authJs(stub),
      limitOf('limit: bare Hono, same bytes', 'hono', { answer }),
      limitOf('limit: bare node:http, same bytes', 'node', { answer }),
      limitOf('limit: node:http + HMAC + SQLite join', 'sqlite-join', { answer }),
      limitOf('limit: node:http + HMAC + PostgreSQL join', 'postgres-join', { answer, database: 'postgres' }),
    ]
    return withField(run, entrants, async (field) => {
      const measurements = await overHttp(run, field)
      return {
        measurements,
        verdicts: verdictsOf(measurements),
        notes: [
          canPin
            ? 'Servers run on one core, the client on the other (taskset). The client is harness/load.ts: raw sockets, keep-alive, no pipelining; its ceiling was that of autocannon 9 within the noise.'
            : 'Servers and client were not pinned to cores (no taskset).',
          `The answer is ${answer.body.length} bytes of JSON and ${answer.headers.length} headers.`,
        ],
      }
    })
  },
}

async function overHttp(run: Run, field: readonly ContestantProcess[]): Promise<readonly Measurement[]> {
  const servers: (Listening & { readonly contestant: ContestantProcess })[] = []
  for (const contestant of field) {
    servers.push({ ...(await contestant.listen()), contestant })
    pinServer(contestant.pid)
  }
  pinClient()
  const columns = servers.map(() => ({
    perSecond: [] as number[],
    cpuMicros: [] as number[],
    p50Ms: [] as number[],
    p99Ms: [] as number[],
    rssMb: [] as number[],
  }))
  try {
    for (let round = 0; round <= run.rounds; round++) {
      for (const [index, server] of servers.entries()) {
        const before = await server.contestant.usage()
        const result = await closedLoop(server, { connections: 32, durationMs: run.roundMs })
        const after = await server.contestant.usage()
        const column = columns[index]
        if (round === 0 || column === undefined) continue
        column.perSecond.push(result.perSecond)
        column.cpuMicros.push((after.cpuMicros - before.cpuMicros) / result.count)
        column.p50Ms.push(quantile(result.latenciesMs, 0.5))
        column.p99Ms.push(quantile(result.latenciesMs, 0.99))
        column.rssMb.push(after.rssMb)
      }
    }
  } finally {
    unpinClient()
  }
  return servers.map(({ contestant }, index) => {
    const column = columns[index] ?? {}
    run.say(`  ${contestant.label}: ${number(median(columns[index]?.perSecond ?? []))}/s`)
    return { work, contestant: contestant.label, metrics: column }
  })
}

function verdictsOf(measurements: readonly Measurement[]): readonly Verdict[] {
  const of = (contestant: string): Measurement | undefined => measured(measurements, work, contestant)
  const hono = of('limit: bare Hono, same bytes')
  return ['SQLite', 'PostgreSQL'].flatMap((name) =>
    ['', ', cached'].flatMap((cache): readonly Verdict[] => {
      const ours = of(`Latchkey, ${name}${cache}`)
      const peer = of(`better-auth, ${name}`)
      return [
        compare({ bar: 'B2', what: `${name}${cache}`, ours, against: peer, metric: 'perSecond', atLeast: 15 }),
        compare({
          bar: 'B2',
          what: `${name}${cache}, of bare Hono`,
          ours,
          against: hono,
          metric: 'perSecond',
          atLeast: 0.5,
        }),
        compare({ bar: 'B2', what: `${name}${cache}, p99 ms`, ours, against: peer, metric: 'p99Ms', atMost: 0.1 }),
      ]
    }),
  )
}

/** What ours answers, for the bare servers to repeat. */
async function sampleAnswer(run: Run): Promise<NonNullable<ContestantOptions['answer']>> {
  const ours = await startContestant('sample', 'latchkey', { database: 'memory', stubHash: true, people: 1 })
  try {
    const { port, target, headers } = await ours.listen()
    const response = await fetch(`http://127.0.0.1:${port}${target}`, { headers })
    const body = await response.text()
    if (response.status !== 200) throw new Error(`the sample was answered with ${response.status}`)
    const own = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])
    run.say(`  sample answer: ${body.length} bytes`)
    return { headers: [...response.headers].filter(([name]) => !own.has(name)), body }
  } finally {
    await ours.close()
  }
}
