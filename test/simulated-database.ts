import { LatchkeyError } from '../packages/latchkey/src/platform/errors.ts'
import { nextRound, type Timers } from '../packages/latchkey/src/platform/timers.ts'
import type { Change } from '../packages/latchkey/src/session/change.ts'
import type { Session, SessionId } from '../packages/latchkey/src/session/session.ts'
import type { Store } from '../packages/latchkey/src/store/store.ts'
import type { User } from '../packages/latchkey/src/user/user.ts'

/** Time in which everything happens at its own instant: the clock of a node may be set, true time may not. */
export interface SimulatedTime extends Timers {
  readonly clock: { now(): number }
  readonly stopwatch: { elapsedMs(): number }
  /** Somebody sets the clock of the node. */
  setClockBy(ms: number): void
  /** Lets true time pass. */
  pass(ms: number): Promise<void>
}

export function createSimulatedTime(startAt: number): SimulatedTime {
  let elapsed = 0
  let offset = 0
  let waiting: { readonly at: number; readonly run: () => void }[] = []
  return {
    clock: { now: () => startAt + elapsed + offset },
    stopwatch: { elapsedMs: () => elapsed },
    setClockBy(ms) {
      offset += ms
    },
    after(ms, run) {
      const timer = { at: elapsed + ms, run }
      waiting.push(timer)
      return () => {
        waiting = waiting.filter((other) => other !== timer)
      }
    },
    async pass(ms) {
      const until = elapsed + ms
      await nextRound()
      for (;;) {
        const due = waiting.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        waiting = waiting.filter((other) => other !== due)
        elapsed = Math.max(elapsed, due.at)
        due.run()
        await nextRound()
      }
      elapsed = until
    },
  }
}

/** How one query fares: how long until the database looks, and from there until the answer arrives. */
export interface Fate {
  readonly beforeMs: number
  readonly afterMs: number
  readonly kind: 'answers' | 'fails' | 'hangs'
}

export interface SimulatedDatabase {
  readonly store: Pick<Store, 'findSession' | 'listChanges' | 'lastChangeBefore' | 'databaseNow'>
  add(session: Session, user: User): void
  /** A transaction of another node: it takes its sequence now and commits after so long; never, when its writer is killed. */
  begin(
    change: { readonly userId: User['id']; readonly sessionId: SessionId | null },
    commitsAfterMs: number | undefined,
  ): void
  /** In true time, when the session was taken away. */
  endedAt(id: SessionId): number | undefined
}

/** A database that answers late, fails and hangs, as `nextFate` says, and whose commits appear in another order than their sequences. */
export function createSimulatedDatabase(time: SimulatedTime, nextFate: () => Fate): SimulatedDatabase {
  const startAt = time.clock.now()
  const rows = new Map<SessionId, { session: Session; user: User }>()
  const ended = new Map<SessionId, number>()
  const feed: Change[] = []
  let sequence = 0

  function ask<Result>(look: () => Result): Promise<Result> {
    const { beforeMs, afterMs, kind } = nextFate()
    return new Promise((resolve, reject) => {
      time.after(beforeMs, () => {
        const found = look()
        if (kind === 'hangs') return
        time.after(afterMs, () => {
          if (kind === 'fails') reject(new LatchkeyError('storage_unavailable'))
          else resolve(found)
        })
      })
    })
  }

  function commit(change: Change): void {
    feed.push(change)
    for (const [id, row] of rows) {
      const { session, user } = row
      if (user.id !== change.userId || (change.sessionId !== null && change.sessionId !== id)) continue
      if (!ended.has(id)) ended.set(id, time.stopwatch.elapsedMs())
      row.session = { ...session, revokedAt: change.at, revokedReason: 'revoked_by_user' }
    }
  }

  return {
    store: {
      findSession: (id) =>
        ask(() => {
          const row = rows.get(id)
          return row && { ...row }
        }),
      listChanges: ({ after, limit }) =>
        ask(() => {
          const behind = feed.filter((change) => change.sequence > after)
          return behind.toSorted((a, b) => a.sequence - b.sequence).slice(0, limit)
        }),
      lastChangeBefore: (before) =>
        ask(() => feed.filter(({ at }) => at < before).toSorted((a, b) => b.sequence - a.sequence)[0]),
      databaseNow: () => ask(() => startAt + time.stopwatch.elapsedMs()),
    },
    add: (session, user) => void rows.set(session.id, { session, user }),
    begin(change, commitsAfterMs) {
      const row = { ...change, sequence: ++sequence, at: startAt + time.stopwatch.elapsedMs() }
      if (commitsAfterMs === undefined) return
      if (commitsAfterMs === 0) commit(row)
      else time.after(commitsAfterMs, () => commit(row))
    },
    endedAt: (id) => ended.get(id),
  }
}
