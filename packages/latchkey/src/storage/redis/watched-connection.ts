import { LatchkeyError } from '../../platform/errors.ts'
import { secondMs } from '../../platform/clock.ts'
import type { LimitStorePorts } from '../../store/limit-store.ts'
import type { RedisConnection } from './redis-connection.ts'

export interface WatchedConnection {
  /** Begins to connect. */
  start(): void
  /** What `work` does on the connection; `undefined` when there is none, or when it went wrong: it may have been done all the same. */
  use<Result>(work: (connection: RedisConnection) => Promise<Result>): Promise<Result | undefined>
  /** How long there has been none. */
  lostMs(): number
  close(): void
}

const retryMs = secondMs

/**
 * One connection for all. Nobody waits for it but the first: once it is lost, everybody is told so at once, until another one stands.
 *
 * @param open makes a connection that works, or rejects; `onLost` is called when it is cut while nobody uses it
 */
export function createWatchedConnection(
  { stopwatch, timers, logger }: Omit<LimitStorePorts, 'onFallback'>,
  open: (onLost: (error: unknown) => void) => Promise<RedisConnection>,
): WatchedConnection {
  let current: RedisConnection | undefined
  let first: Promise<void> | undefined
  let lostAt: number | undefined
  let isClosed = false

  async function connect(): Promise<void> {
    try {
      let made: RedisConnection | undefined = undefined
      const opened = await open((error) => letGo(made, error))
      if (isClosed) return opened.close()
      made = opened
      current = opened
      if (lostAt !== undefined) logger.info({}, 'Redis answers again: limits are kept there.')
      lostAt = undefined
    } catch (error) {
      noteLoss(error)
      if (!isClosed) timers.after(retryMs, () => void connect())
    }
  }

  /** Of all that wait on a connection, the first to hear of its end lets it go. */
  function letGo(connection: RedisConnection | undefined, error: unknown): void {
    if (connection === undefined || current !== connection) return
    current = undefined
    connection.close()
    noteLoss(error)
    void connect()
  }

  function noteLoss(error: unknown): void {
    if (lostAt !== undefined || isClosed) return
    lostAt = stopwatch.elapsedMs()
    // A client that is not installed says what to do.
    const reason = error instanceof LatchkeyError ? error.message : String(error)
    logger.error({ reason }, 'Redis does not answer: the database keeps the limits until it does.')
  }

  const start = (): void => void (first ??= connect())

  return {
    start,
    async use(work) {
      start()
      if (current === undefined && lostAt === undefined) await first
      const used = current
      if (used === undefined) return undefined
      try {
        return await work(used)
      } catch (error) {
        letGo(used, error)
        return undefined
      }
    },
    lostMs: () => (lostAt === undefined ? 0 : stopwatch.elapsedMs() - lostAt),
    close() {
      isClosed = true
      current?.close()
      current = undefined
    },
  }
}
