import { describe, expect, it } from 'vitest'
import { argon2Presets, isWeaker, resolveArgon2Parameters, type Argon2Options } from './argon2-parameters.ts'

const of = (memoryKib: number, passes: number, lanes: number): Argon2Options => ({
  parameters: { memoryKib, passes, lanes },
})

describe('resolveArgon2Parameters', () => {
  it('is 19 MiB, two passes, one lane by default and knows the second choice of RFC 9106', () => {
    expect(resolveArgon2Parameters()).toEqual({ memoryKib: 19_456, passes: 2, lanes: 1 })
    expect(resolveArgon2Parameters({ parameters: 'rfc9106' })).toEqual({ memoryKib: 65_536, passes: 3, lanes: 4 })
  })

  it('accepts each line of ASVS 11.4.2 and refuses one KiB less', () => {
    for (const [passes, memoryKib] of [
      [1, 47_104],
      [2, 19_456],
      [3, 12_288],
      [4, 12_288],
    ] as const) {
      expect(resolveArgon2Parameters(of(memoryKib, passes, 1))).toEqual({ memoryKib, passes, lanes: 1 })
      expect(() => resolveArgon2Parameters(of(memoryKib - 1, passes, 1))).toThrow(/below OWASP's list/)
    }
  })

  it('takes weaker ones only with a reason', () => {
    const weak = of(8_192, 1, 1)
    expect(resolveArgon2Parameters({ ...weak, unsafeWeakParameters: { reason: 'tests' } }).memoryKib).toBe(8_192)
    expect(() => resolveArgon2Parameters({ ...weak, unsafeWeakParameters: { reason: '' } })).toThrow(/below OWASP/)
  })

  it('refuses what it would not verify, and what is no number of anything', () => {
    expect(() => resolveArgon2Parameters(of(262_145, 2, 1))).toThrow(/above what is ever computed/)
    expect(() => resolveArgon2Parameters(of(65_536, 11, 1))).toThrow(/above what is ever computed/)
    expect(() => resolveArgon2Parameters(of(65_536, 3, 17))).toThrow(/above what is ever computed/)
    for (const bad of [of(19_456.5, 2, 1), of(19_456, 0, 1), of(19_456, 2, -1), of(Number.NaN, 2, 1), of(8, 3, 2)]) {
      expect(() => resolveArgon2Parameters(bad)).toThrow(/not a set of Argon2 parameters/)
    }
  })
})

describe('isWeaker', () => {
  it('is so in any one parameter', () => {
    const { owasp, rfc9106 } = argon2Presets
    expect(isWeaker(owasp, rfc9106)).toBe(true)
    expect(isWeaker(rfc9106, owasp)).toBe(false)
    expect(isWeaker(owasp, owasp)).toBe(false)
    expect(isWeaker({ ...owasp, lanes: 1 }, { ...owasp, lanes: 2 })).toBe(true)
    expect(isWeaker({ ...rfc9106, passes: 1 }, owasp)).toBe(true)
    expect(isWeaker({ ...rfc9106, memoryKib: 19_455 }, owasp)).toBe(true)
  })
})
