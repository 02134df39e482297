import { describe, expect, it } from 'vitest'
import { systemRandom } from './random.ts'

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('random bytes', () => {
  it('have the length that was asked for, however much is drawn at once', () => {
    const lengths = [0, 1, 12, 16, 32, 511, 512, 513, 1_024, 4_096, 100_000]
    expect(lengths.map((length) => systemRandom.bytes(length).length)).toEqual(lengths)
  })

  it('are given once: no two of many draws share a part', () => {
    const draws = Array.from({ length: 20_000 }, (_, index) => hex(systemRandom.bytes(index % 2 === 0 ? 12 : 32)))
    const parts = draws.flatMap((draw) => draw.match(/.{16}/g) ?? [])
    expect(new Set(parts).size).toBe(parts.length)
  })

  it('are the caller’s own: what is written into them reaches nobody else', () => {
    const mine = systemRandom.bytes(32)
    expect(mine.buffer.byteLength).toBe(32)
    mine.fill(0)
    expect(hex(systemRandom.bytes(32))).not.toBe('00'.repeat(32))
  })

  it('are never the zeros with which given ones are wiped', () => {
    const zeros = '00'.repeat(12)
    expect(Array.from({ length: 5_000 }, () => hex(systemRandom.bytes(12))).includes(zeros)).toBe(false)
  })

  it('are refused in a number that is none, after which the next are as random as ever', () => {
    for (const length of [NaN, -1, 1.5, -Infinity]) {
      expect(() => systemRandom.bytes(length)).toThrow(RangeError)
      const next = systemRandom.bytes(32)
      expect(next).toHaveLength(32)
      expect(hex(next.subarray(0, 8))).not.toBe('00'.repeat(8))
    }
    systemRandom.bytes(16)
    expect(() => systemRandom.bytes(-16)).toThrow(RangeError)
    expect(hex(systemRandom.bytes(16))).not.toBe('00'.repeat(16))
  })
})
