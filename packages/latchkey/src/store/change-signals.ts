import type { Touched } from './changes.ts'

/**
 * What a storage says about changes beside the feed itself (`listChanges`), which alone is the truth. An object and not members of the
 * store, because it is asked on every check and costs no statement.
 */
export interface ChangeSignals {
  /** Commits made through this storage are told to `listener`, before they answer. Returns what ends it. */
  subscribe(listener: (touched: readonly Touched[]) => void): () => void
  /**
   * Where nothing can change unseen: a number that is another one once somebody else has committed. Then no time passes between a commit
   * and its being seen by the next check.
   *
   * @throws what the database throws
   */
  readonly version?: () => number
  /**
   * Where the database can wake its clients: calls `hint` soon after a change was committed by any node, and whenever it may have missed
   * one. Hints may be lost, late, too many. Returns what ends it.
   */
  readonly listen?: (hint: () => void) => () => Promise<void>
}

/** The part of it that every storage has. */
export function createAnnouncer(): Pick<ChangeSignals, 'subscribe'> & {
  announce(touched: readonly Touched[]): void
} {
  const listeners = new Set<(touched: readonly Touched[]) => void>()
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    announce(touched) {
      if (touched.length > 0) for (const listener of listeners) listener(touched)
    },
  }
}
