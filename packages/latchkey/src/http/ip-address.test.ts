import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInside, parseCidr, parseIpAddress } from './ip-address.ts'

describe('an IP address', () => {
  it('has one spelling (RFC 5952)', () => {
    const spelled = (text: string): string | undefined => parseIpAddress(text)?.text
    expect(spelled('2001:DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1')
    expect(spelled('2001:db8:0:1:1:1:1:1')).toBe('2001:db8:0:1:1:1:1:1')
    expect(spelled('0:0:0:0:0:0:0:0')).toBe('::')
    expect(spelled('0:0:0:0:0:0:0:1')).toBe('::1')
    expect(spelled('1:0:0:0:0:0:0:0')).toBe('1::')
    expect(spelled('64:ff9b::192.0.2.33')).toBe('64:ff9b::c000:221')
    expect(spelled('::ffff:192.0.2.33')).toBe('192.0.2.33')
    expect(spelled('::192.0.2.33')).toBe('::c000:221')
  })

  it('is what node calls one, except for zones', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,24}$/)), (text) => {
        expect(parseIpAddress(text) !== undefined).toBe(isIP(text) !== 0)
      }),
      { numRuns: 5_000 },
    )
  })

  it('keeps its meaning through its spelling', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = parseIpAddress(text)
        expect(parseIpAddress(once?.text ?? '')).toEqual(once)
      }),
    )
  })

  it('lies inside a block by its first bits', () => {
    const inside = (address: string, block: string): boolean => {
      const parsed = parseIpAddress(address)
      return parsed !== undefined && isInside(parsed, parseCidr(block))
    }
    expect(inside('10.255.0.1', '10.0.0.0/8')).toBe(true)
    expect(inside('11.0.0.1', '10.0.0.0/8')).toBe(false)
    expect(inside('172.31.255.255', '172.16.0.0/12')).toBe(true)
    expect(inside('172.32.0.0', '172.16.0.0/12')).toBe(false)
    expect(inside('192.0.2.1', '192.0.2.1')).toBe(true)
    expect(inside('192.0.2.2', '192.0.2.1')).toBe(false)
    expect(inside('1.2.3.4', '0.0.0.0/0')).toBe(true)
    expect(inside('::1', '0.0.0.0/0')).toBe(false)
    expect(inside('::ffff:10.0.0.1', '10.0.0.0/8')).toBe(true)
    expect(inside('2001:db8:7fff::', '2001:db8::/33')).toBe(true)
    expect(inside('2001:db8:8000::', '2001:db8::/33')).toBe(false)
  })
})
