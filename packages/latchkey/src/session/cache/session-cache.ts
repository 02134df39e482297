import type { Stopwatch } from '../../platform/stopwatch.ts'
import type { Touched } from '../../store/changes.ts'
import type { User } from '../../user/user.ts'
import type { Session, SessionId } from '../session.ts'
import { maxAgeMs } from './options.ts'
import { createSessionEntries, type SessionEntry } from './session-entries.ts'

/**
 * Sessions that were found good a moment ago. It may only say yes (design section 4): whoever gets nothing from it, or anything that he
 * would refuse, asks the database.
 */
export interface SessionCache {
  /** What may be believed at this moment. The caller judges it, as if it came from the database. */
  find(id: SessionId): SessionEntry | undefined
  /** Before the query that would fill the gap: what changes from now on is remembered until `end`. */
  beginFill(id: SessionId): Fill
}

export interface Fill {
  /** Keeps what the query found, unless it was changed since the query began. */
  keep(found: { readonly session: Session; readonly user: User }): void
  /** Always, at last. */
  end(): void
}

/** Whether nothing can have changed that the cache was not told. */
export interface Freshness {
  isFresh(): boolean
}

/** The side of the cache that those who watch for changes see. */
export interface CacheContents {
  /** Forgets what was touched, also what is being fetched. */
  forget(touched: readonly Touched[]): void
  /** Forgets everything: something may have been missed. */
  forgetAll(): void
  readonly size: number
}

export interface CacheCounts {
  hit(): void
  miss(): void
  fillDropped(): void
}

interface PendingFill {
  readonly id: SessionId
  isVoid: boolean
  /** Whose session it is turns out when it arrives. */
  readonly touchedUsers: Set<string>
}

export function createSessionCache(ports: {
  readonly stopwatch: Stopwatch
  readonly maxEntries: number
  readonly freshness: Freshness
  readonly counts: CacheCounts
}): SessionCache & CacheContents {
  const { stopwatch, freshness, counts } = ports
  const entries = createSessionEntries(ports.maxEntries)
  const pending = new Set<PendingFill>()

  function freshEntry(id: SessionId): SessionEntry | undefined {
    // First: it may find out that everything has to be forgotten.
    if (!freshness.isFresh()) return undefined
    const entry = entries.find(id)
    if (entry === undefined || stopwatch.elapsedMs() - entry.filledAt < maxAgeMs) return entry
    entries.drop(id)
    return undefined
  }

  return {
    get size() {
      return entries.size
    },
    find(id) {
      const entry = freshEntry(id)
      if (entry === undefined) counts.miss()
      else counts.hit()
      return entry
    },
    beginFill(id) {
      const fill: PendingFill = { id, isVoid: false, touchedUsers: new Set() }
      const filledAt = stopwatch.elapsedMs()
      pending.add(fill)
      return {
        keep(found) {
          if (!pending.delete(fill)) return
          if (fill.isVoid || fill.touchedUsers.has(found.user.id)) counts.fillDropped()
          else entries.put({ ...found, filledAt, notedAt: found.session.lastSeenAt })
        },
        end: () => void pending.delete(fill),
      }
    },
    forget(touched) {
      for (const { userId, sessionId } of touched) {
        if (sessionId !== null) entries.drop(sessionId)
        else entries.dropUser(userId)
        for (const fill of pending) {
          if (sessionId === null) fill.touchedUsers.add(userId)
          else if (fill.id === sessionId) fill.isVoid = true
        }
      }
    },
    forgetAll() {
      entries.clear()
      for (const fill of pending) fill.isVoid = true
    },
  }
}
