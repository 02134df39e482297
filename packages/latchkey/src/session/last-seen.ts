import { minuteMs } from '../platform/clock.ts'
import type { Store } from '../store/store.ts'
import type { Session, SessionId } from './session.ts'

/** Collects when sessions were used and writes it in batches, off the request path, at most once a minute a session. */
export interface LastSeen {
  /** Whether it will be written: not when the row says so already, nor while too many wait. */
  note(session: Session, now: number): boolean
  /** Writes what was collected. Failing, it keeps it for the next time. */
  flush(now: number): Promise<void>
}

/** More sessions than this between two flushes are noted at their next request: memory stays bounded whatever comes. */
const maxNoted = 10_000

export function createLastSeen({ store }: { readonly store: Pick<Store, 'commit'> }): LastSeen {
  let noted = new Map<SessionId, number>()
  return {
    note(session, now) {
      if (now - session.lastSeenAt < minuteMs || noted.size >= maxNoted) return false
      noted.set(session.id, now)
      return true
    },
    async flush(now) {
      if (noted.size === 0) return
      const batch = noted
      noted = new Map()
      try {
        await store.commit(
          [{ kind: 'touchSessions', seen: [...batch].map(([sessionId, at]) => ({ sessionId, at })) }],
          now,
        )
      } catch (error) {
        for (const [id, at] of batch) if (!noted.has(id) && noted.size < maxNoted) noted.set(id, at)
        throw error
      }
    },
  }
}
