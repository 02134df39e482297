import { minuteMs, secondMs } from '../../platform/clock.ts'

/**
 * How long a checked session may be believed without asking the database.
 *
 * With the defaults a revocation, a block or a change of roles is in force on every node within 100 ms (PostgreSQL, p99) or 500 ms
 * (MySQL, MariaDB), and within 2 s whatever breaks: no connection, no pooler and no killed process can make it longer. In one process on
 * SQLite or in memory it is in force at once.
 *
 * Whoever checks access tokens offline by the JWK set alone is no part of this: there a token is good until its `exp`.
 */
export interface SessionCacheOptions {
  /**
   * Entries answer only while the last successful read of the feed of changes began less than this many milliseconds ago: how long a
   * revocation may go unseen at worst, to which comes the time that an answer is on its way. Default 1,000; 50 to 10,000.
   */
  readonly leaseMs: number
  /** The feed is read at least this often, in milliseconds. Default 500; 10 to `leaseMs`. */
  readonly pollMs: number
  /** Sessions kept, the least lately used leaving first; some 2 kB each. Default 10,000; 1 to 1,000,000. */
  readonly maxEntries: number
}

export const defaultSessionCache: SessionCacheOptions = { leaseMs: secondMs, pollMs: 500, maxEntries: 10_000 }

/** An entry is asked for again after this long, so that what was written past the engine, with SQL by hand, is seen at some time too. */
export const maxAgeMs: number = minuteMs

/**
 * A transaction that appends to the feed ends within this time, by commit or rollback; statement and idle time-outs of the storages are
 * 10 s. Until then a missing sequence may still appear.
 */
export const settleMs: number = minuteMs

/** Reading begins this far back. More than `settleMs` by what clocks of nodes may differ and by what a commit waits before it begins. */
export const anchorMs: number = 3 * minuteMs
