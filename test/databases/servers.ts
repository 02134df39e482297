import { createConnection } from 'mysql2/promise'
import pg from 'pg'

// Where the database servers for tests are: LATCHKEY_TEST_…_URL, else the usual local places (see scripts/services.mjs).
const postgresUrl = process.env['LATCHKEY_TEST_POSTGRES_URL'] ?? 'postgres://root@127.0.0.1:5432/test'
const mysqlUrl = process.env['LATCHKEY_TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306'

/**
 * Without its variable a server is optional: its cases are skipped, and `npm test` says by name that it was not reachable. With the
 * variable it has to answer.
 */
export const postgresIsThere: boolean =
  process.env['LATCHKEY_TEST_POSTGRES_URL'] !== undefined || (await answers(() => connectPostgres(postgresUrl)))
export const mysqlIsThere: boolean =
  process.env['LATCHKEY_TEST_MYSQL_URL'] !== undefined || (await answers(() => createConnection({ uri: mysqlUrl })))

async function answers(open: () => Promise<{ end(): Promise<unknown> }>): Promise<boolean> {
  try {
    const connection = await open()
    await connection.end()
    return true
  } catch {
    return false
  }
}

async function connectPostgres(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** An empty database of its own. */
export interface TestDatabase {
  readonly url: string
  /** The same through another port of this machine, where a proxy listens. */
  urlThrough(port: number): string
  /** Raw SQL from another connection. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  drop(): Promise<void>
}

let count = 0

function freshName(): string {
  return `latchkey_test_${process.pid}_${Date.now().toString(36)}_${++count}`
}

function urlFor(server: string, database: string, port?: number): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  if (port !== undefined) {
    url.hostname = '127.0.0.1'
    url.port = String(port)
  }
  return url.href
}

export async function createPostgresDatabase(): Promise<TestDatabase> {
  const name = freshName()
  const admin = async (text: string): Promise<void> => {
    const client = await connectPostgres(postgresUrl)
    try {
      await client.query(text)
    } finally {
      await client.end()
    }
  }
  await admin(`CREATE DATABASE ${name}`)
  const client = await connectPostgres(urlFor(postgresUrl, name))
  return {
    url: urlFor(postgresUrl, name),
    urlThrough: (port) => urlFor(postgresUrl, name, port),
    query: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    async drop() {
      await client.end()
      await admin(`DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

export async function createMysqlDatabase(): Promise<TestDatabase> {
  const name = freshName()
  const admin = await createConnection({ uri: mysqlUrl })
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.query(`USE ${name}`)
  return {
    url: urlFor(mysqlUrl, name),
    urlThrough: (port) => urlFor(mysqlUrl, name, port),
    async query(text) {
      const [rows] = await admin.query(text)
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []
    },
    async drop() {
      await admin.query(`DROP DATABASE ${name}`)
      await admin.end()
    },
  }
}

/** Every value of every row of every table of ours, as text. */
export async function dumpOf({ query }: TestDatabase, whereTables: string): Promise<string> {
  const tables = await query(`SELECT table_name AS name FROM information_schema.tables WHERE ${whereTables} ORDER BY 1`)
  const values: string[] = []
  for (const { name } of tables) {
    const rows = await query(`SELECT * FROM ${String(name)}`)
    values.push(...rows.flatMap((row) => Object.values(row).map(String)))
  }
  return values.join('\n')
}

/** Where the server of a database listens. */
export function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url)
  return { host: hostname, port: Number(port) || (protocol === 'mysql:' ? 3306 : 5432) }
}
