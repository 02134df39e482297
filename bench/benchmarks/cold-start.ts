import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Benchmark, Measurement } from '../harness/benchmark.ts'
import { createSqliteFile } from '../harness/databases.ts'
import { median } from '../harness/statistics.ts'
import { compare, limit, number } from '../harness/verdict.ts'

const work = 'start of a process to its first answer, SQLite'
const programs = {
  'Latchkey, password + e-mail code': 'latchkey',
  'better-auth, password + e-mail code': 'better-auth',
  'Auth.js, credentials': 'authjs',
  'limit: node:http + better-sqlite3': 'node',
} as const

/** A library app as a person starts it: the time until it answers, and the memory that it has then. */
export const coldStart: Benchmark = {
  name: 'cold-start',
  title: 'Cold start',
  bars: ['B6'],
  async run(run) {
    const columns = Object.entries(programs).map(([contestant, program]) => ({
      contestant,
      program,
      ms: [] as number[],
      rssMb: [] as number[],
    }))
    const files = await Promise.all(columns.map(() => createSqliteFile()))
    try {
      for (let round = 0; round <= run.rounds * (run.quick ? 1 : 2); round++) {
        for (const [index, { program, ms, rssMb }] of columns.entries()) {
          // The first start makes the schema and warms the file system.
          const args = [files[index]?.url ?? '', ...(round === 0 ? ['migrate'] : [])]
          const started = await start(program, args)
          if (round === 0) continue
          ms.push(started.ms)
          rssMb.push(started.rssMb)
        }
      }
    } finally {
      await Promise.all(files.map((file) => file.drop()))
    }
    const measurements = columns.map(({ contestant, ms, rssMb }): Measurement => ({
      work,
      contestant,
      metrics: { ms, rssMb },
    }))
    for (const { contestant, metrics } of measurements)
      run.say(`  ${contestant}: ${number(median(metrics.ms ?? []))} ms, ${number(median(metrics.rssMb ?? []))} MB`)
    const [ours, betterAuth, , node] = measurements
    return {
      measurements,
      verdicts: [
        compare({ bar: 'B6', what: 'cold start, ms', ours, against: node, metric: 'ms', atMost: 2 }),
        compare({ bar: 'B6', what: 'cold start, ms', ours, against: betterAuth, metric: 'ms', atMost: 0.45 }),
        limit({
          bar: 'B6',
          what: 'RSS after the first answer',
          value: median(ours?.metrics.rssMb ?? []),
          unit: 'MB',
          atMost: 75,
        }),
      ],
      notes: [
        'From the creation of the process to the first byte of an answer. Ours looks at its migrations at each start; better-auth’s are a command of their own and not counted.',
      ],
    }
  },
}

async function start(
  program: string,
  args: readonly string[],
): Promise<{ readonly ms: number; readonly rssMb: number }> {
  const startedAt = performance.now()
  const child = fork(fileURLToPath(new URL(`../cold/${program}.mjs`, import.meta.url)), args, {
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const died = ended.then(() => Promise.reject(new Error(`${program} did not start`)))
  const [ready] = (await Promise.race([once(child, 'message'), died])) as [{ port: number; target: string }]
  const response = await fetch(`http://127.0.0.1:${ready.port}${ready.target}`)
  const ms = performance.now() - startedAt
  await response.arrayBuffer()
  const answered = once(child, 'message')
  child.send('rss')
  const [{ rss }] = (await answered) as [{ rss: number }]
  died.catch(() => undefined)
  child.kill('SIGKILL')
  await ended
  return { ms, rssMb: rss / 2 ** 20 }
}
