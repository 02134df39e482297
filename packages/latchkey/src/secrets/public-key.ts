import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'

/** Somebody else's key, which judges signatures and nothing more. */
export interface PublicKey {
  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): boolean
  /** Whether both are the same key. */
  equals(other: PublicKey): boolean
  readonly keyObject: KeyObject
}

/** The hash and the kind of key that go together; a key of another kind verifies nothing. ECDSA signatures are in DER (WebAuthn L3 6.5.5). */
export type SignatureAlgorithm = keyof typeof algorithms

const algorithms = {
  ES256: { hash: 'sha256', type: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', type: 'ec', curve: 'secp384r1' },
  ES512: { hash: 'sha512', type: 'ec', curve: 'secp521r1' },
  Ed25519: { hash: null, type: 'ed25519', curve: undefined },
  Ed448: { hash: null, type: 'ed448', curve: undefined },
  RS256: { hash: 'sha256', type: 'rsa', curve: undefined },
} as const

/** A public key in the members of a JWK (RFC 7518 section 6, RFC 8037), base64url as it stands there. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256' | 'P-384' | 'P-521'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519' | 'Ed448'; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }

/** `undefined` for a point that is not on its curve, and for RSA keys that are too small to trust or too large to work with. */
export function importPublicKey(jwk: PublicJwk): PublicKey | undefined {
  try {
    return publicKeyOf(createPublicKey({ key: { ...jwk }, format: 'jwk' }))
  } catch {
    return undefined
  }
}

export function publicKeyOf(keyObject: KeyObject): PublicKey | undefined {
  const { modulusLength } = keyObject.asymmetricKeyDetails ?? {}
  // 2,048 bits: NIST SP 800-131A. Verification grows with the square of the modulus, so that a huge one is a way to burn our time.
  if (
    keyObject.asymmetricKeyType === 'rsa' &&
    (modulusLength === undefined || modulusLength < 2_048 || modulusLength > 4_096)
  )
    return undefined
  return {
    keyObject,
    equals: (other) => keyObject.equals(other.keyObject),
    verify(algorithm, message, signature) {
      const { hash, type, curve } = algorithms[algorithm]
      if (keyObject.asymmetricKeyType !== type || keyObject.asymmetricKeyDetails?.namedCurve !== curve) return false
      try {
        return verify(hash, message, keyObject, signature)
      } catch {
        return false
      }
    },
  }
}

/** The digest that goes with an algorithm, where a format wants it by itself. */
export function digestFor(algorithm: SignatureAlgorithm, message: Uint8Array): Uint8Array | undefined {
  const { hash } = algorithms[algorithm]
  return hash === null ? undefined : new Uint8Array(createHash(hash).update(message).digest())
}
