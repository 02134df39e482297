import { LatchkeyError } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Timers } from '../../platform/timers.ts'
import type { Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import { createFeedPosition, type FeedPosition } from './feed-position.ts'
import { isWithin, momentNow, type LeasePorts, type Moment } from './lease.ts'
import { anchorMs, settleMs } from './options.ts'

export interface ChangeFeedPorts extends LeasePorts {
  readonly store: Pick<Store, 'listChanges' | 'lastChangeBefore' | 'databaseNow'>
  readonly timers: Timers
  readonly logger: Logger
}

/** Reads the feed of changes again and again. What it says is true as long as it is current, and only then. */
export interface ChangeFeed {
  start(): void
  /** A hint: reads at once, instead of at the next turn. */
  readNow(): void
  /** Every change that was committed a lease ago or earlier has been told. */
  isCurrent(): boolean
  /** Milliseconds since the last successful read began, or since the start when there was none; `undefined` before the start. */
  behindMs(): number | undefined
  /** No further read begins; resolves when the present one has ended. */
  stop(): Promise<void>
}

export interface ChangeListener {
  /** What was committed, possibly long ago, possibly twice. */
  onChanges(changes: readonly Change[]): void
  /** From here on everything is told; what was before may have been missed. */
  onBegin(): void
}

const pageSize = 1_000
/** More than this at once is dearer than to begin anew. */
const maxPages = 300
/** Between the beginnings of two reads, however many hints come: what they say is said by one read as well. */
const leastPauseMs = 10

export function createChangeFeed(
  ports: ChangeFeedPorts,
  { leaseMs, pollMs }: { readonly leaseMs: number; readonly pollMs: number },
  listener: ChangeListener,
): ChangeFeed {
  const { store, clock, stopwatch, timers, logger } = ports
  let state: 'new' | 'running' | 'stopped' = 'new'
  /** When the last successful read began; before the first, when the feed was started. */
  let goodAt = 0
  let position: FeedPosition | undefined
  let lease: Moment | undefined
  let current: Promise<void> | undefined
  let lastBeganAt = Number.NEGATIVE_INFINITY
  let isWanted = false
  let isFailing = false
  let cancelWait: (() => void) | undefined

  function waitFor(ms: number): void {
    cancelWait?.()
    cancelWait = timers.after(ms, begin)
  }

  function begin(): void {
    cancelWait?.()
    cancelWait = undefined
    isWanted = false
    const began = momentNow(ports)
    lastBeganAt = began.stopwatchAt
    const ended = read(began).then(
      () => {
        if (isFailing) logger.info({}, 'The feed of changes can be read again.')
        isFailing = false
      },
      (error: unknown) => {
        if (!isFailing && state === 'running')
          logger.warn(
            { error },
            'The feed of changes cannot be read; until it can, every session is asked for at the database.',
          )
        isFailing = true
      },
    )
    current = ended
    void ended.then(() => {
      current = undefined
      if (state !== 'running') return
      const passedMs = stopwatch.elapsedMs() - began.stopwatchAt
      waitFor(Math.max(0, (isWanted && !isFailing ? leastPauseMs : pollMs) - passedMs))
    })
  }

  async function read(began: Moment): Promise<void> {
    if (position === undefined) {
      listener.onBegin()
      // Whichever is earlier: from too far back is only more to read.
      const now = Math.min(clock.now(), await inTime(store.databaseNow()))
      position = createFeedPosition(await inTime(store.lastChangeBefore(now - anchorMs)), settleMs)
    }
    const rows = await rowsBehind(position.after)
    const news = rows && position.take(rows, { beganAt: began.stopwatchAt, endedAt: stopwatch.elapsedMs() })
    if (news === undefined) {
      // Not the feed that we knew, or too much of it: begin anew.
      position = undefined
      lease = undefined
      isWanted = true
      return
    }
    if (news.length > 0) listener.onChanges(news)
    lease = began
    goodAt = began.stopwatchAt
  }

  /** `undefined`: too many. */
  async function rowsBehind(first: number): Promise<readonly Change[] | undefined> {
    const rows: Change[] = []
    for (let page = 0; page < maxPages; page++) {
      const after = rows.at(-1)?.sequence ?? first
      const found = await inTime(store.listChanges({ after, limit: pageSize }))
      rows.push(...found)
      if (found.length < pageSize) return rows
    }
    return undefined
  }

  /** A query that hangs is given up, and nobody looks at what it brings later: the next read brings that as well. */
  function inTime<Result>(query: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const cancel = timers.after(2 * leaseMs, () => reject(new LatchkeyError('storage_unavailable')))
      void query.then(resolve, reject).finally(cancel)
    })
  }

  return {
    start() {
      if (state !== 'new') return
      state = 'running'
      goodAt = stopwatch.elapsedMs()
      begin()
    },
    readNow() {
      if (state !== 'running') return
      isWanted = true
      if (current === undefined) waitFor(Math.max(0, leastPauseMs - (stopwatch.elapsedMs() - lastBeganAt)))
    },
    isCurrent: () => state === 'running' && lease !== undefined && isWithin(ports, lease, leaseMs),
    behindMs: () => (state === 'new' ? undefined : stopwatch.elapsedMs() - goodAt),
    async stop() {
      state = 'stopped'
      cancelWait?.()
      await current
    },
  }
}
