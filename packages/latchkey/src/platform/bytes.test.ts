import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from './bytes.ts'

describe('base64url', () => {
  it('gives back the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  it('reads a part of a larger buffer as that part', () => {
    const whole = new Uint8Array([1, 2, 3, 4, 5])
    expect(toBase64Url(whole.subarray(1, 3))).toBe(toBase64Url(new Uint8Array([2, 3])))
  })

  it('has one spelling for each text of bytes: all others are refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = fromBase64Url(text)
        expect(bytes === undefined ? text : toBase64Url(bytes)).toBe(text)
      }),
    )
    const wrong = ['A', 'AB', 'AAB', 'AA==', 'AA=', 'A+A/', 'AA AA', 'AA\nAA', 'AAAAA', 'é', 'AA.AA']
    expect(wrong.map(fromBase64Url)).toEqual(wrong.map(() => undefined))
    expect(fromBase64Url('')).toEqual(new Uint8Array())
  })
})

describe('UTF-8', () => {
  it('gives back the text', () => {
    fc.assert(
      fc.property(fc.tuple(fc.constantFrom('', '\ufeff'), fc.string({ unit: 'binary' })), ([mark, rest]) => {
        const text = mark + rest
        expect(fromUtf8(toUtf8(text))).toBe(text)
      }),
    )
  })

  it('refuses bytes that are none', () => {
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      expect(() => fromUtf8(new Uint8Array(bytes))).toThrow(TypeError)
    }
  })
})
