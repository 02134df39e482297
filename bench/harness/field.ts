import type { Run } from './benchmark.ts'
import { startContestant, type ContestantProcess } from './contestant-process.ts'
import type { ContestantOptions } from './contestant.ts'

export interface Entrant {
  readonly label: string
  readonly name: 'latchkey' | 'better-auth' | 'authjs' | 'limits' | 'limiters'
  readonly options: ContestantOptions
}

/** Starts all whose servers are there, runs the work, and ends them whatever happens. */
export async function withField<Made>(
  run: Run,
  entrants: readonly Entrant[],
  work: (field: readonly ContestantProcess[]) => Promise<Made>,
): Promise<Made> {
  const field: ContestantProcess[] = []
  try {
    for (const { label, name, options } of entrants) {
      if (options.database === 'postgres' && !run.servers.postgres) continue
      if (options.database === 'mysql' && !run.servers.mysql) continue
      if (options.redis === true && !run.servers.redis) continue
      field.push(await startContestant(label, name, { people: run.people, ...options }))
    }
    return await work(field)
  } finally {
    await Promise.all(field.map((contestant) => contestant.close()))
  }
}

export function oursOn(database: NonNullable<ContestantOptions['database']>, options: ContestantOptions = {}): Entrant {
  const cached = options.cache === true ? ', cached' : ''
  return { label: `Latchkey, ${databaseNames[database]}${cached}`, name: 'latchkey', options: { ...options, database } }
}

export function betterAuthOn(database: 'sqlite' | 'postgres', options: ContestantOptions = {}): Entrant {
  const extra = `${options.redis === true ? ' + Redis' : ''}${options.cache === true ? ', cookie cache' : ''}`
  return {
    label: `better-auth, ${databaseNames[database]}${extra}`,
    name: 'better-auth',
    options: { ...options, database },
  }
}

export function authJs(options: ContestantOptions = {}): Entrant {
  return { label: 'Auth.js, JWT', name: 'authjs', options }
}

export function limitOf(label: string, kind: string, options: ContestantOptions = {}): Entrant {
  return { label, name: 'limits', options: { ...options, kind } }
}

export const databaseNames = { memory: 'memory', sqlite: 'SQLite', postgres: 'PostgreSQL', mysql: 'MariaDB' } as const
