import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toIsoTimestamp } from './timestamp.ts'

describe('an instant on the wire', () => {
  it('is spelled as Date spells it, on every day that a Date can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (at) => {
        expect(toIsoTimestamp(at)).toBe(new Date(at).toISOString())
      }),
    )
  })

  it('is spelled as Date spells it, on the days around now', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }), (at) => {
        expect(toIsoTimestamp(at)).toBe(new Date(at).toISOString())
      }),
    )
  })

  it.each([0, 1, 99, 100, 999, 1_000, 59_999, 3_599_999, 86_399_999, 86_400_000, -1, -62_198_755_200_000])(
    'knows the edge %d',
    (at) => {
      expect(toIsoTimestamp(at)).toBe(new Date(at).toISOString())
    },
  )

  it('throws at what is no instant', () => {
    expect(() => toIsoTimestamp(Number.NaN)).toThrow(RangeError)
    expect(() => toIsoTimestamp(8.65e15)).toThrow(RangeError)
  })
})
