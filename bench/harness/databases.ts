import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'

// Where the servers are: the same variables as for the tests, else the usual local places.
export const postgresUrl: string = process.env['LATCHKEY_TEST_POSTGRES_URL'] ?? 'postgres://root@127.0.0.1:5432/test'
export const mysqlUrl: string = process.env['LATCHKEY_TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306'
export const redisUrl: string = process.env['LATCHKEY_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** Carries the id of the run, so that what a killed contestant left behind can be found and dropped. */
const prefix = `latchkey_bench_${process.env['LATCHKEY_BENCH_RUN'] ?? process.pid}_`

let made = 0

function freshName(): string {
  return `${prefix}${process.pid}_${++made}`
}

/** An empty database that belongs to one contestant. */
export interface Database {
  /** A connection string, or a file's name. */
  readonly url: string
  drop(): Promise<void>
}

export async function createSqliteFile(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  return { url: join(folder, 'bench.db'), drop: () => rm(folder, { recursive: true, force: true }) }
}

export async function createPostgresDatabase(): Promise<Database> {
  const name = freshName()
  await onPostgres((client) => client.query(`CREATE DATABASE ${name}`))
  return {
    url: withDatabase(postgresUrl, name),
    drop: () =>
      onPostgres((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)).then(() => undefined),
  }
}

export async function createMysqlDatabase(): Promise<Database> {
  const name = freshName()
  await onMysql(`CREATE DATABASE ${name}`)
  return { url: withDatabase(mysqlUrl, name), drop: () => onMysql(`DROP DATABASE IF EXISTS ${name}`) }
}

/** Which servers answer. What does not is left out by name. */
export async function reachableServers(): Promise<{
  readonly postgres: boolean
  readonly mysql: boolean
  readonly redis: boolean
}> {
  const answers = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => true,
      () => false,
    )
  const [postgres, mysql, redis] = await Promise.all([
    answers(onPostgres((client) => client.query('SELECT 1'))),
    answers(onMysql('SELECT 1')),
    answers(
      import('ioredis').then(({ Redis }) =>
        pingRedis(new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null })),
      ),
    ),
  ])
  return { postgres, mysql, redis }
}

async function pingRedis(client: {
  connect(): Promise<void>
  disconnect(): void
  on(name: 'error', listener: () => void): unknown
}): Promise<void> {
  client.on('error', () => undefined)
  try {
    await client.connect()
  } finally {
    client.disconnect()
  }
}

/** Drops every database of this run. */
export async function dropLeftovers(): Promise<void> {
  await onPostgres(async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database')
    for (const { datname } of rows)
      if (datname.startsWith(prefix)) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`)
  }).catch(() => undefined)
  const connection = await createConnection({ uri: mysqlUrl }).catch(() => undefined)
  if (connection === undefined) return
  const [rows] = await connection.query('SHOW DATABASES')
  for (const { Database: name } of rows as { Database: string }[])
    if (name.startsWith(prefix)) await connection.query(`DROP DATABASE IF EXISTS ${name}`)
  await connection.end()
}

export async function onPostgres<Result>(
  work: (client: pg.Client) => Promise<Result>,
  url: string = postgresUrl,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function onMysql(text: string): Promise<void> {
  const connection = await createConnection({ uri: mysqlUrl })
  try {
    await connection.query(text)
  } finally {
    await connection.end()
  }
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
