import type { Random } from '../platform/random.ts'

/**
 * The same numbers for the same seed, so that a failing test can be repeated. Never for anything but tests: whoever knows the seed
 * knows every secret.
 *
 * sfc32 by Chris Doty-Humphrey (PractRand).
 */
export function createSeededRandom(seed: number = 1): Random {
  let a = 0
  let b = seed | 0
  let c = Math.trunc(seed / 2 ** 32) | 0
  let counter = 1
  function word(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) word()

  return {
    bytes(length) {
      const bytes = new Uint8Array(length)
      for (let index = 0; index < length; index++) bytes[index] = word() >>> 24
      return bytes
    },
    integer: (below) => Math.floor(((word() >>> 5) * 2 ** 26 + (word() >>> 6)) * 2 ** -53 * below),
  }
}
