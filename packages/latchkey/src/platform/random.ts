import { randomBytes, randomInt } from 'node:crypto'

/** The only source of randomness. Everything it gives is unpredictable (ASVS 11.5.1). */
export interface Random {
  /** `length` fresh random bytes. */
  bytes(length: number): Uint8Array
  /** A uniform integer in `[0, below)`, `below` at most 2^48. */
  integer(below: number): number
}

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  integer: (below) => randomInt(below),
}
