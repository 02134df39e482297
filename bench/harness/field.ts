import type { Run } from './benchmark.ts'
import { startContestant, type ContestantProcess } from './contestant-process.ts'
import type { ContestantOptions } from './contestant.ts'

export interface Entrant {
  readonly label: string
  readonly name: 'latchkey' | 'better-auth' | 'authjs' | 'limits' | 'limiters'
  readonly options: ContestantOptions
}

/** Starts all whose servers are there, side by side, runs the work, and ends them whatever happens. */
export async function withField<Made>(
  run: Run,
  entrants: readonly Entrant[],
  work: (field: readonly ContestantProcess[]) => Promise<Made>,
): Promise<Made> {
  const present = entrants.filter(
    ({ options: { database, redis } }) =>
      (database !== 'postgres' || run.servers.postgres) &&
      (database !== 'mysql' || run.servers.mysql) &&
      (redis !== true || run.servers.redis),
  )
  const started = await Promise.all(
    present.map(({ label, name, options }) =>
      startContestant(label, name, { people: run.people, ...options }).catch((error: unknown) => ({ error })),
    ),
  )
  const field = started.flatMap((one) => ('error' in one ? [] : [one]))
  try {
    for (const one of started) if ('error' in one) throw one.error
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

/** The peer as it hashes by itself. */
export function scryptOf(options: ContestantOptions): Entrant {
  const peer = betterAuthOn('sqlite', { ...options, hasher: 'default' })
  return { ...peer, label: `${peer.label}, default hasher (scrypt)` }
}

export function authJs(options: ContestantOptions = {}): Entrant {
  return { label: 'Auth.js, JWT', name: 'authjs', options }
}

export function limitOf(label: string, kind: string, options: ContestantOptions = {}): Entrant {
  return { label, name: 'limits', options: { ...options, kind } }
}

export const databaseNames = { memory: 'memory', sqlite: 'SQLite', postgres: 'PostgreSQL', mysql: 'MariaDB' } as const
