import { randomFillSync, randomInt } from 'node:crypto'

/** The only source of randomness. Everything it gives is unpredictable (ASVS 11.5.1). */
export interface Random {
  /** `length` fresh random bytes. */
  bytes(length: number): Uint8Array
  /** A uniform integer in `[0, below)`, `below` at most 2^48. */
  integer(below: number): number
}

/**
 * Asking the system costs as much for a nonce as for a few thousand bytes, so that many are drawn at once, as Node does for `randomInt` and
 * `randomUUID`. Each is given once, and wiped from what was drawn as it is given.
 */
const drawn = new Uint8Array(4_096)
let given = drawn.length

export const systemRandom: Random = {
  bytes(length) {
    // Such a length would move the place from which the next are given: nowhere, or back to what was given and wiped.
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`no number of bytes: ${length}`)
    if (length > drawn.length / 8) return randomFillSync(new Uint8Array(length))
    if (given + length > drawn.length) {
      randomFillSync(drawn)
      given = 0
    }
    const bytes = drawn.slice(given, given + length)
    drawn.fill(0, given, given + length)
    given += length
    return bytes
  },
  integer: (below) => randomInt(below),
}
