import type { User, UserId } from '../../user/user.ts'
import type { Session, SessionId } from '../session.ts'

export interface SessionEntry {
  readonly session: Session
  readonly user: User
  /** On the stopwatch. */
  readonly filledAt: number
  /** When a visit was noted for the last time, by the clock. */
  notedAt: number
}

/** So many entries and no more; the least lately used one leaves first. */
export interface SessionEntries {
  readonly size: number
  /** Finding an entry is using it. */
  find(id: SessionId): SessionEntry | undefined
  put(entry: SessionEntry): void
  drop(id: SessionId): void
  dropUser(id: UserId): void
  clear(): void
}

export function createSessionEntries(maxEntries: number): SessionEntries {
  // A Map keeps the order of insertion: the first key is the least lately used one.
  const entries = new Map<SessionId, SessionEntry>()
  const ofUser = new Map<UserId, Set<SessionId>>()

  function drop(id: SessionId): void {
    const entry = entries.get(id)
    if (entry === undefined) return
    entries.delete(id)
    const others = ofUser.get(entry.user.id)
    others?.delete(id)
    if (others?.size === 0) ofUser.delete(entry.user.id)
  }

  return {
    get size() {
      return entries.size
    },
    find(id) {
      const entry = entries.get(id)
      if (entry === undefined) return undefined
      entries.delete(id)
      entries.set(id, entry)
      return entry
    },
    put(entry) {
      const { session, user } = entry
      drop(session.id)
      entries.set(session.id, entry)
      const ids = ofUser.get(user.id)
      if (ids === undefined) ofUser.set(user.id, new Set([session.id]))
      else ids.add(session.id)
      if (entries.size <= maxEntries) return
      const [oldest] = entries.keys()
      if (oldest !== undefined) drop(oldest)
    },
    drop,
    dropUser(id) {
      for (const sessionId of ofUser.get(id) ?? []) drop(sessionId)
    },
    clear() {
      entries.clear()
      ofUser.clear()
    },
  }
}
