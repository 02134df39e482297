import {
  array,
  assert,
  constant,
  dictionary,
  integer,
  oneof,
  property,
  string,
  uint8Array,
  type Arbitrary,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCbor, type Encodable } from '../../../testing/encode-cbor.ts'
import { readDer } from './attestation/der.ts'
import { parseAuthenticatorData } from './authenticator-data.ts'
import { decodeCbor, type Cbor } from './cbor.ts'
import { parseCoseKey } from './cose-key.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const leaf: Arbitrary<Encodable> = oneof(
  integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  string({ maxLength: 300 }),
  uint8Array({ maxLength: 300 }),
)
const tree: Arbitrary<Encodable> = oneof(
  leaf,
  dictionary(string({ maxLength: 8 }), oneof(leaf, dictionary(string({ maxLength: 8 }), leaf).map(toMap))).map(toMap),
)

function toMap(record: Readonly<Record<string, Encodable>>): Encodable {
  return new Map(Object.entries(record))
}

/** As plain values, for comparison. */
function plain(value: Cbor | Encodable | undefined): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (value instanceof Map) return [...value].map(([key, member]: [unknown, Cbor]) => [key, plain(member)])
  return value
}

describe('CBOR', () => {
  it('comes back as it was written', () => {
    assert(
      property(tree, (value) => {
        const written = encodeCbor(value)
        const decoded = decodeCbor(written)
        expect(decoded?.end).toBe(written.length)
        expect(plain(decoded?.value)).toEqual(plain(value))
      }),
    )
  })

  it('cut anywhere is nothing', () => {
    assert(
      property(tree, (value) => {
        const written = encodeCbor(value)
        for (let length = 0; length < written.length; length++)
          expect(decodeCbor(written.subarray(0, length))).toBeUndefined()
      }),
      { numRuns: 20 },
    )
  })

  it('reads the simple values and arrays, and whatever follows is left to the caller', () => {
    const decoded = ['f4', 'f5', 'f6', '83010203ff', '1bffffffffffff'].map((hex) => decodeCbor(bytes(hex)))
    expect(decoded.slice(0, 3)).toEqual([
      { value: false, end: 1 },
      { value: true, end: 1 },
      { value: null, end: 1 },
    ])
    expect(decoded.slice(3)).toEqual([{ value: [1, 2, 3], end: 4 }, undefined])
  })

  it('refuses what no authenticator writes: floats, tags, indefinite lengths, huge numbers, keys twice or of another kind', () => {
    const refused: Readonly<Record<string, string>> = {
      'a float': 'f93c00',
      undefined: 'f7',
      'a simple value': 'f818',
      'a tag': 'c11a514b67b0',
      'an indefinite text': '7f616161ff',
      'an indefinite map': 'bf616101ff',
      'an integer beyond 2^53': '1b0020000000000000',
      'a length that nothing follows': '5b0000000100000000',
      'an array of four thousand million': '9affffffff',
      'a key twice': 'a2616101616102',
      'a key of bytes': 'a1416101',
      'a text that is not UTF-8': '61ff',
      'a reserved length': '1c',
    }
    for (const [what, hex] of Object.entries(refused)) expect([what, decodeCbor(bytes(hex))]).toEqual([what, undefined])
  })

  it('ends at a depth, however deep it is nested', () => {
    const nested = (depth: number): Uint8Array => bytes('81'.repeat(depth) + '00')
    expect(decodeCbor(nested(8))).toBeDefined()
    expect(decodeCbor(nested(9))).toBeUndefined()
    expect(decodeCbor(nested(60_000))).toBeUndefined()
  })
})

describe('bytes that come from a client', () => {
  it('never make a parser throw', () => {
    const anything = oneof(
      uint8Array({ maxLength: 400 }),
      array(constant(0x81), { maxLength: 400 }).map((list) => Uint8Array.from(list)),
    )
    assert(
      property(anything, (given) => {
        for (const parse of [decodeCbor, parseAuthenticatorData, parseCoseKey, readDer])
          expect(() => parse(given)).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})
