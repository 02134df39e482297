import { toHex } from './bytes.ts'
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** Time-ordered unique ids (UUIDv7, RFC 9562 section 5.7), so that rows of one time lie together on disk. */
export interface Ids {
  next(): string
}

/**
 * Monotonic within one process: the 12 bits behind the milliseconds count up when two ids fall into one millisecond or the clock
 * steps back, so that ids made by one process sort in the order in which they were made.
 */
export function createIds(clock: Clock, random: Random): Ids {
  let lastAt = 0
  let sequence = 0
  /** The text of `lastAt`. */
  let head = headOf(0)
  const nextTail = drawnTails(random)
  return {
    next() {
      const now = clock.now()
      if (now > lastAt) {
        lastAt = now
        head = headOf(lastAt)
        sequence = random.integer(0x400)
      } else if (++sequence > 0xfff) {
        lastAt += 1
        head = headOf(lastAt)
        sequence = 0
      }
      return `${head}-${(0x7000 | sequence).toString(16)}${nextTail()}`
    },
  }
}

function headOf(at: number): string {
  const time = at.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}`
}

const tailBytes = 8
const tailsAtOnce = 128

/**
 * The variant and 62 random bits, `-8f3a-0c9d1e2b4a5f`. Ids are no secrets, so their randomness is drawn ahead: asking the system for 8 bytes was the dearest
 * step of a request (12 % of its CPU).
 */
function drawnTails(random: Random): () => string {
  let drawn = ''
  let used = 0
  return () => {
    if (used === drawn.length) {
      const bytes = random.bytes(tailBytes * tailsAtOnce)
      for (let at = 0; at < bytes.length; at += tailBytes) bytes[at] = ((bytes[at] ?? 0) & 0x3f) | 0x80
      drawn = toHex(bytes)
      used = 0
    }
    const at = used
    used += 2 * tailBytes
    return `-${drawn.slice(at, at + 4)}-${drawn.slice(at + 4, used)}`
  }
}

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether `text` is spelled as an id of ours. Storage is never asked about anything else. */
export function isId(text: string): boolean {
  return pattern.test(text)
}

/** The instant that an id carries; ids sort by it. */
export function instantOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** The smallest id of an instant: every id made before it is smaller, every other one is not. */
export function firstIdAt(at: number): string {
  return `${headOf(at)}-7000-8000-000000000000`
}
