import { timingSafeEqual } from 'node:crypto'

/** Constant-time comparison of two texts of equal length; the only way in which secrets and digests are compared. */
export function equal(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
