import { describe, expect, it } from 'vitest'
import { secondMs } from '../../platform/clock.ts'
import { toUtf8 } from '../../platform/bytes.ts'
import { toBase32 } from './base32.ts'
import { hotp, matchStep, stepAt, totpCode } from './one-time-password.ts'

const key = toUtf8('12345678901234567890')
const secret = toBase32(key)

describe('one-time passwords', () => {
  it('are those of RFC 4226 appendix D', () => {
    const wanted = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
    expect(wanted.map((_, counter) => hotp(key, counter))).toEqual(wanted)
  })

  it('are those of RFC 6238 appendix B for SHA-1, with eight digits', () => {
    const wanted = [
      [59, '94287082'],
      [1_111_111_109, '07081804'],
      [1_111_111_111, '14050471'],
      [1_234_567_890, '89005924'],
      [2_000_000_000, '69279037'],
      [20_000_000_000, '65353130'],
    ] as const
    expect(wanted.map(([seconds]) => [seconds, hotp(key, stepAt(seconds * secondMs), 8)])).toEqual(wanted)
  })

  it('have six digits otherwise, zeros in front kept', () => {
    expect([59, 1_111_111_109, 20_000_000_000].map((seconds) => totpCode(secret, seconds * secondMs))).toEqual([
      '287082',
      '081804',
      '353130',
    ])
  })
})

describe('the step of a code', () => {
  const at = 1_111_111_109_000
  const now = stepAt(at)
  const match = (step: number, lastStep = 0): number | undefined => matchStep(secret, hotp(key, step), { at, lastStep })

  it('is the one before, the present one or the next, and none further', () => {
    expect([-3, -2, -1, 0, 1, 2, 3].map((offset) => match(now + offset))).toEqual([
      undefined,
      undefined,
      now - 1,
      now,
      now + 1,
      undefined,
      undefined,
    ])
  })

  it('is never the last one that was spent, nor one before it', () => {
    expect([match(now, now), match(now - 1, now), match(now + 1, now)]).toEqual([undefined, undefined, now + 1])
    expect(match(now, now + 100)).toBeUndefined()
  })

  it('changes with the very millisecond of its step', () => {
    const begin = now * 30 * secondMs
    expect([stepAt(begin - 1), stepAt(begin), stepAt(begin + 29_999), stepAt(begin + 30_000)]).toEqual([
      now - 1,
      now,
      now,
      now + 1,
    ])
  })

  it('is none for what is no code', () => {
    for (const typed of ['', '0', '28708', '2870820', 'abcdef', '２８７０８２', '94287082'])
      expect(matchStep(secret, typed, { at: 59_000, lastStep: -1 })).toBeUndefined()
    expect(() => matchStep('not base 32', '287082', { at, lastStep: 0 })).toThrow(TypeError)
  })
})
