import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeCbor, type Encodable } from '../../../testing/encode-cbor.ts'
import { parseCoseKey } from './cose-key.ts'

const bytesOf = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? '', 'base64url'))
const cose = (entries: readonly (readonly [number, Encodable])[]): Uint8Array => encodeCbor(new Map(entries))
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const [x, y] = [bytesOf(p256.x), bytesOf(p256.y)]

describe('a COSE key', () => {
  it('is taken on the curve of its algorithm, as a whole', () => {
    const key = cose([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, x],
      [-3, y],
    ])
    expect(parseCoseKey(key)).toMatchObject({ algorithm: -7, signature: 'ES256' })
    expect(parseCoseKey(Uint8Array.of(...key, 0))).toBeUndefined()
    const okp = cose([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytesOf(ed25519.x)],
    ])
    expect(parseCoseKey(okp)).toMatchObject({ algorithm: -8, signature: 'Ed25519' })
  })

  it('is refused with another curve, kind, algorithm, length, or off the curve', () => {
    const compressed = x.slice()
    const offCurve = y.slice()
    offCurve[31] = (offCurve[31] ?? 0) ^ 1
    const wrong: Readonly<Record<string, readonly (readonly [number, Encodable])[]>> = {
      'the curve of another algorithm': [
        [1, 2],
        [3, -7],
        [-1, 2],
        [-2, x],
        [-3, y],
      ],
      'the kind of another algorithm': [
        [1, 1],
        [3, -7],
        [-1, 1],
        [-2, x],
        [-3, y],
      ],
      'an unknown algorithm': [
        [1, 2],
        [3, -47],
        [-1, 1],
        [-2, x],
        [-3, y],
      ],
      'no algorithm': [
        [1, 2],
        [-1, 1],
        [-2, x],
        [-3, y],
      ],
      'a compressed point': [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, compressed],
      ],
      'a short coordinate': [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x.slice(1)],
        [-3, y],
      ],
      'a point off the curve': [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x],
        [-3, offCurve],
      ],
      'Ed448 under EdDSA': [
        [1, 1],
        [3, -8],
        [-1, 7],
        [-2, new Uint8Array(57)],
      ],
      'Ed25519 of the wrong length': [
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, new Uint8Array(31)],
      ],
    }
    for (const [what, entries] of Object.entries(wrong))
      expect([what, parseCoseKey(cose(entries))]).toEqual([what, undefined])
  })

  it('of RSA is taken from 2,048 to 4,096 bits: less is weak, more is work for us', () => {
    const rsa = (modulusLength: number): Uint8Array => {
      const { n, e } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' })
      return cose([
        [1, 3],
        [3, -257],
        [-1, bytesOf(n)],
        [-2, bytesOf(e)],
      ])
    }
    expect(parseCoseKey(rsa(2_048))).toMatchObject({ signature: 'RS256' })
    expect(parseCoseKey(rsa(1_024))).toBeUndefined()
    const huge = cose([
      [1, 3],
      [3, -257],
      [-1, new Uint8Array(1_025).fill(0xff)],
      [-2, Uint8Array.of(1, 0, 1)],
    ])
    expect(parseCoseKey(huge)).toBeUndefined()
  })
})
