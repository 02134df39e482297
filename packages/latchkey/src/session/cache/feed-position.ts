import type { Change } from '../change.ts'

/**
 * How far the feed has been read. A sequence is given when a row is inserted and shows when its transaction commits, so a lower one may
 * appear after a higher one: everything above the floor is read again until no gap is left, or what is missing can come no more.
 */
export interface FeedPosition {
  /** Ask for the changes behind this one: the floor itself comes first, as proof that it is still the same feed. */
  readonly after: number
  /**
   * Takes in everything that one read found, in order. Returns what was not known, or `undefined` when the feed is not the one that was
   * read before: its floor was removed, or the database was restored or failed over to an older state.
   */
  take(
    rows: readonly Change[],
    read: { readonly beganAt: number; readonly endedAt: number },
  ): readonly Change[] | undefined
}

/**
 * @param anchor a change so old that no transaction which began before it is still under way; `undefined`: the beginning of the feed
 * @param settleMs how long a transaction may take from its sequence to its end
 */
export function createFeedPosition(anchor: Change | undefined, settleMs: number): FeedPosition {
  let floor = anchor
  /** What was seen above the floor. */
  const seen = new Map<number, Change>()
  /** The highest change above a gap, and when it had been seen: whatever is lower had its sequence by then. */
  const marks: { readonly highest: Change; readonly at: number }[] = []

  const isAboveFloor = ({ sequence }: Change): boolean => sequence > (floor?.sequence ?? 0)

  function raiseFloor(to: Change): void {
    if (!isAboveFloor(to)) return
    floor = to
    for (const sequence of seen.keys()) if (sequence <= to.sequence) seen.delete(sequence)
  }

  function raiseThroughNeighbours(): void {
    for (let next = neighbour(); next !== undefined; next = neighbour()) {
      floor = next
      seen.delete(next.sequence)
    }
  }
  const neighbour = (): Change | undefined => seen.get((floor?.sequence ?? 0) + 1)

  return {
    get after() {
      return floor === undefined ? 0 : floor.sequence - 1
    },
    take(rows, { beganAt, endedAt }) {
      if (floor !== undefined && !isSame(rows[0], floor)) return undefined
      const news = rows.filter((row) => isAboveFloor(row) && !isSame(seen.get(row.sequence), row))
      for (const row of news) seen.set(row.sequence, row)
      for (let mark = marks[0]; mark !== undefined && beganAt - mark.at >= settleMs; mark = marks[0]) {
        raiseFloor(mark.highest)
        marks.shift()
      }
      raiseThroughNeighbours()
      const highest = rows.at(-1)
      if (highest !== undefined && isAboveFloor(highest) && highest.sequence > (marks.at(-1)?.highest.sequence ?? 0)) {
        marks.push({ highest, at: endedAt })
      }
      return news
    },
  }
}

function isSame(one: Change | undefined, other: Change): boolean {
  return (
    one?.sequence === other.sequence &&
    one.userId === other.userId &&
    one.sessionId === other.sessionId &&
    one.at === other.at
  )
}
