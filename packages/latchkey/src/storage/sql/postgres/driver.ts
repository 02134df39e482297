import { LatchkeyError } from '../../../platform/errors.ts'
import { secondMs } from '../../../platform/clock.ts'
import { loadDriver } from '../driver.ts'
import { createSend, sendInTurn, type Send } from './send.ts'
import type { SqlRow, SqlValue } from '../statement.ts'

/** A statement by name: parsed once a connection, afterwards only bound. */
export interface PostgresQuery {
  readonly name: string
  readonly text: string
  readonly values: readonly SqlValue[]
}

/** As `pg` takes it. */
interface PostgresQueryConfig {
  readonly name?: string
  readonly text: string
  readonly values?: readonly SqlValue[]
  readonly rowMode?: 'array'
  readonly types?: unknown
}

export interface PostgresResult {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: readonly unknown[]
}

/** What we use of a `pg` client. */
export interface PostgresConnection {
  query(query: PostgresQueryConfig): Promise<PostgresResult>
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown
}

export interface PostgresClient extends PostgresConnection {
  release(destroy?: boolean): void
}

/** What we use of a `pg` pool. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  query(query: PostgresQueryConfig): Promise<PostgresResult>
  on(event: 'error', listener: (error: unknown) => void): unknown
  end(): Promise<void>
}

/** A connection of our own beside the pool. */
export interface PostgresLane extends PostgresConnection {
  connect(): Promise<unknown>
  end(): Promise<void>
}

/** A connection that hears what others tell. */
export interface PostgresListener {
  connect(): Promise<unknown>
  query(query: PostgresQueryConfig): Promise<PostgresResult>
  on(event: 'error' | 'end' | 'notification', listener: () => void): unknown
  /** `pg` has it, its types do not. */
  unref?(): void
  end(): Promise<void>
}

export interface PostgresDriver {
  createPool(): PostgresPool
  createLane(): PostgresLane
  createListener(): PostgresListener
  readonly send: Send
}

export interface PostgresDriverOptions {
  readonly url: string
  readonly listenUrl?: string | undefined
  readonly maxConnections: number
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

/**
 * `pipeline: true` sends queries without waiting for the answer to the one before, so that a whole transaction is one flight.
 * Time-outs are the server's where it can know them; the client's own is for a connection that does not answer at all.
 */
export async function loadPostgresDriver(options: PostgresDriverOptions): Promise<PostgresDriver> {
  const { url, listenUrl, maxConnections, connectTimeoutMs, statementTimeoutMs } = options
  const { default: pg } = await loadDriver('pg', () => import('pg'))
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new LatchkeyError('config_invalid', 'The URL of a PostgreSQL database begins with postgres://.')
  }
  const settings = {
    connectionString: url,
    pipeline: true,
    application_name: 'latchkey',
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    lock_timeout: Math.ceil(statementTimeoutMs / 4),
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 5 * secondMs,
    connectionTimeoutMillis: connectTimeoutMs,
  }
  return {
    send: createSend(pg),
    createPool() {
      const pool = new pg.Pool({ ...settings, max: maxConnections, idleTimeoutMillis: 30_000 })
      // Between here and who waits for the connection nobody else listens, and an error that nobody hears ends the process.
      pool.on('connect', (client) => client.on('error', () => undefined))
      return pool
    },
    createLane: () => new pg.Client(settings),
    createListener: () =>
      new pg.Client({
        ...settings,
        pipeline: false,
        application_name: 'latchkey-listen',
        connectionString: listenUrl ?? url,
      }),
  }
}

/** For a pool that an app hands in: its clients may be of another kind than those of `pg`, which need not even be there. */
export function loadSend(): Promise<Send> {
  return import('pg').then(
    ({ default: pg }) => createSend(pg),
    () => sendInTurn,
  )
}

export function rowsOf({ rows }: PostgresResult): readonly SqlRow[] {
  return rows as readonly SqlRow[]
}
