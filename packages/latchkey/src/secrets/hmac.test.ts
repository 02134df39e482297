import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMac } from './hmac.ts'

function expected(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

describe('a keyed digest', () => {
  it('is the HMAC of node:crypto, whatever the key, the text and what was digested before', () => {
    const keys = fc.uint8Array({ maxLength: 64 })
    const texts = fc.array(fc.oneof(fc.string({ maxLength: 600 }), fc.string({ unit: 'binary', maxLength: 600 })))
    fc.assert(
      fc.property(keys, texts, (key, list) => {
        const mac = createMac(key)
        for (const text of list) expect(mac(text)).toBe(expected(key, text))
      }),
    )
  })

  it('is the HMAC of node:crypto on both sides of the length up to which it is put together here', () => {
    const key = new Uint8Array(32).fill(7)
    const mac = createMac(key)
    for (let length = 440; length < 456; length++) {
      expect(mac('x'.repeat(length))).toBe(expected(key, 'x'.repeat(length)))
      expect(mac('é'.repeat(length / 2))).toBe(expected(key, 'é'.repeat(length / 2)))
    }
  })

  it('of RFC 4231 comes out (test cases 1 and 2)', () => {
    const ofHex = (key: Uint8Array, text: string): string =>
      Buffer.from(createMac(key)(text), 'base64url').toString('hex')
    expect(ofHex(new Uint8Array(20).fill(0x0b), 'Hi There')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    )
    expect(ofHex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('refuses a key that would have to be hashed first', () => {
    expect(() => createMac(new Uint8Array(65))).toThrow(TypeError)
  })
})
