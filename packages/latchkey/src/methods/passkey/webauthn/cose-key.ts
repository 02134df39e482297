import { toBase64Url } from '../../../platform/bytes.ts'
import {
  importPublicKey,
  type PublicJwk,
  type PublicKey,
  type SignatureAlgorithm,
} from '../../../secrets/public-key.ts'
import { decodeCbor, type Cbor, type CborMap } from './cbor.ts'

/** COSE algorithm identifiers (IANA "COSE Algorithms"; RFC 9053, RFC 9864) with the one curve that WebAuthn L3 section 5.8.5 ties each to. */
const coseAlgorithms: ReadonlyMap<number, { readonly signature: SignatureAlgorithm; readonly curve: number | null }> =
  new Map([
    [-7, { signature: 'ES256', curve: 1 }],
    [-35, { signature: 'ES384', curve: 2 }],
    [-36, { signature: 'ES512', curve: 3 }],
    [-8, { signature: 'Ed25519', curve: 6 }],
    [-9, { signature: 'ES256', curve: 1 }],
    [-51, { signature: 'ES384', curve: 2 }],
    [-52, { signature: 'ES512', curve: 3 }],
    [-19, { signature: 'Ed25519', curve: 6 }],
    [-53, { signature: 'Ed448', curve: 7 }],
    [-257, { signature: 'RS256', curve: null }],
  ])

export function signatureAlgorithm(coseAlgorithm: number): SignatureAlgorithm | undefined {
  return coseAlgorithms.get(coseAlgorithm)?.signature
}

export interface CoseKey {
  /** The COSE algorithm identifier. */
  readonly algorithm: number
  readonly signature: SignatureAlgorithm
  readonly key: PublicKey
  readonly parameters: CborMap
}

/** `undefined` for an algorithm that is not in the table, a curve that is not the algorithm's, and a key that is none. */
export function parseCoseKey(bytes: Uint8Array): CoseKey | undefined {
  const decoded = decodeCbor(bytes)
  if (decoded === undefined || decoded.end !== bytes.length || !(decoded.value instanceof Map)) return undefined
  const parameters: CborMap = decoded.value
  const algorithm = parameters.get(3)
  if (typeof algorithm !== 'number') return undefined
  const known = coseAlgorithms.get(algorithm)
  const jwk = known === undefined ? undefined : jwkOf(parameters, known.curve)
  const key = jwk === undefined ? undefined : importPublicKey(jwk)
  return known === undefined || key === undefined
    ? undefined
    : { algorithm, signature: known.signature, key, parameters }
}

const curves = {
  1: { name: 'P-256', size: 32 },
  2: { name: 'P-384', size: 48 },
  3: { name: 'P-521', size: 66 },
} as const

// RFC 9053 section 7: kty 1 is OKP, 2 is EC2, 3 is RSA. EC points have to be uncompressed (WebAuthn L3 section 5.8.5).
function jwkOf(parameters: CborMap, curve: number | null): PublicJwk | undefined {
  const [x, y] = [parameters.get(-2), parameters.get(-3)]
  if (curve === null) {
    const [modulus, exponent] = [parameters.get(-1), x]
    return parameters.get(1) === 3 && isBytes(modulus) && isBytes(exponent)
      ? { kty: 'RSA', n: toBase64Url(modulus), e: toBase64Url(exponent) }
      : undefined
  }
  if (parameters.get(-1) !== curve) return undefined
  if (curve === 6 || curve === 7)
    return parameters.get(1) === 1 && isBytes(x, curve === 6 ? 32 : 57)
      ? { kty: 'OKP', crv: curve === 6 ? 'Ed25519' : 'Ed448', x: toBase64Url(x) }
      : undefined
  const { name, size } = curves[curve as keyof typeof curves]
  return parameters.get(1) === 2 && isBytes(x, size) && isBytes(y, size)
    ? { kty: 'EC', crv: name, x: toBase64Url(x), y: toBase64Url(y) }
    : undefined
}

function isBytes(value: Cbor | undefined, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}
