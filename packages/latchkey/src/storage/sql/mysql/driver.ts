import { LatchkeyError } from '../../../platform/errors.ts'
import { secondMs } from '../../../platform/clock.ts'
import { loadDriver } from '../driver.ts'
import type { SqlRow, SqlValue } from '../statement.ts'

export interface MysqlQuery {
  readonly sql: string
  readonly values: SqlValue[]
  readonly rowsAsArray: true
  readonly timeout: number
}

type Callback = (error: unknown, result: unknown) => void

/** What we use of a `mysql2` connection: its callbacks, without a promise of the driver's in between. */
export interface MysqlConnection {
  /** Prepared once a connection, then only executed. */
  execute(query: MysqlQuery, done: Callback): unknown
  query(sql: string, done: Callback): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  release(): void
  destroy(): void
}

/** What we use of a `mysql2` pool. */
export interface MysqlPool {
  getConnection(done: (error: unknown, connection: MysqlConnection) => void): unknown
  on(event: 'connection', listener: (connection: MysqlConnection) => void): unknown
  end(done: (error?: unknown) => void): unknown
}

export interface MysqlDriverOptions {
  readonly url: string
  readonly maxConnections: number
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

export async function createMysqlPool(options: MysqlDriverOptions): Promise<MysqlPool> {
  const { url, maxConnections, connectTimeoutMs, statementTimeoutMs } = options
  const { default: mysql } = await loadDriver('mysql2', () => import('mysql2'))
  const { hostname, port, username, password, pathname, searchParams } = parsedUrl(url)
  const pool: MysqlPool = mysql.createPool({
    host: hostname,
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    // `?ssl=true`: TLS with a certificate that this machine trusts.
    ...(searchParams.get('ssl') === 'true' ? { ssl: { rejectUnauthorized: true } } : {}),
    charset: 'utf8mb4',
    connectionLimit: maxConnections,
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    idleTimeout: 30 * secondMs,
    maxIdle: maxConnections,
    // The default, and needed: `affectedRows` counts the rows that a guard matched, not those whose bytes changed.
    flags: ['FOUND_ROWS'],
  })
  pool.on('connection', (connection) => {
    connection.on('error', () => undefined)
    for (const sql of settings(statementTimeoutMs)) {
      connection.query(sql, (error) => {
        if (error !== null && error !== undefined) connection.destroy()
      })
    }
  })
  return pool
}

/**
 * Sent before anything else on a connection. The second is one statement for both servers: each skips the other's comment
 * (https://mariadb.com/kb/en/comment-syntax/).
 */
function settings(statementTimeoutMs: number): readonly string[] {
  const lockSeconds = Math.max(1, Math.round(statementTimeoutMs / 4 / secondMs))
  return [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
      innodb_lock_wait_timeout = ${lockSeconds}
      /*M!100100 , max_statement_time = ${statementTimeoutMs / secondMs} */
      /*!80000 , max_execution_time = ${statementTimeoutMs} */`,
  ]
}

function parsedUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && /^(mysql|mariadb):$/.test(parsed.protocol) && parsed.pathname.length > 1) return parsed
  throw new LatchkeyError(
    'config_invalid',
    'The URL of a MySQL or MariaDB database is mysql://user:password@host:port/database.',
  )
}

export function connectionOf(pool: MysqlPool): Promise<MysqlConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error === null || error === undefined) resolve(connection)
      else reject(asError(error))
    })
  })
}

/** The driver's answer to one statement. */
export interface MysqlResult {
  readonly rows: readonly SqlRow[]
  readonly affectedRows: number
}

export function execute(connection: MysqlConnection, query: MysqlQuery): Promise<MysqlResult> {
  return new Promise((resolve, reject) => {
    connection.execute(query, (error, result) => {
      if (error === null || error === undefined) resolve(resultOf(result))
      else reject(asError(error))
    })
  })
}

/** Plain text, for what cannot be prepared. */
export function command(connection: MysqlConnection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(asError(error))
    })
  })
}

function resultOf(result: unknown): MysqlResult {
  if (Array.isArray(result)) return { rows: result as readonly SqlRow[], affectedRows: 0 }
  const { affectedRows } = result as { readonly affectedRows: number }
  return { rows: [], affectedRows }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the driver threw something that is no error')
}
