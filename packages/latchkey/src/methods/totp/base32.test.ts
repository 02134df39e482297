import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUtf8 } from '../../platform/bytes.ts'
import { fromBase32, toBase32 } from './base32.ts'

describe('base 32', () => {
  it('spells the vectors of RFC 4648 section 10, without their padding', () => {
    const vectors = {
      '': '',
      f: 'MY',
      fo: 'MZXQ',
      foo: 'MZXW6',
      foob: 'MZXW6YQ',
      fooba: 'MZXW6YTB',
      foobar: 'MZXW6YTBOI',
    }
    const spelled = Object.keys(vectors).map((text) => [text, toBase32(toUtf8(text))])
    expect(Object.fromEntries(spelled)).toEqual(vectors)
  })

  it('brings every bytes back, and takes one spelling of them alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(fromBase32(toBase32(bytes))).toEqual(bytes)
      }),
    )
    for (const text of ['my', 'M', 'MZ', 'MY======', 'MZXW6YTBO', 'M1', 'M Y', 'MÝ'])
      expect(fromBase32(text)).toBeUndefined()
  })
})
