import { decodeCbor } from './cbor.ts'

/** What the authenticator says and signs (WebAuthn L3 section 6.1). */
export interface AuthenticatorData {
  readonly rpIdHash: Uint8Array
  readonly userPresent: boolean
  readonly userVerified: boolean
  /** The credential may be copied to other devices; fixed for its life. */
  readonly backupEligible: boolean
  /** It is copied at this moment. */
  readonly backedUp: boolean
  readonly counter: number
  /** Only with a new credential. */
  readonly attested: AttestedCredential | null
}

export interface AttestedCredential {
  readonly aaguid: Uint8Array
  readonly credentialId: Uint8Array
  /** COSE_Key, as it stands. */
  readonly publicKey: Uint8Array
}

const flag = { userPresent: 0x01, userVerified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40, extensions: 0x80 }

/** `undefined` unless every byte is accounted for. */
export function parseAuthenticatorData(bytes: Uint8Array): AuthenticatorData | undefined {
  const flags = bytes[32]
  if (flags === undefined || bytes.length < 37) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = 37
  let attested: AttestedCredential | null = null
  if ((flags & flag.attested) !== 0) {
    if (bytes.length < 55) return undefined
    const idEnd = 55 + view.getUint16(53)
    const key = idEnd <= bytes.length ? decodeCbor(bytes, idEnd) : undefined
    if (key === undefined) return undefined
    end = key.end
    attested = {
      aaguid: bytes.slice(37, 53),
      credentialId: bytes.slice(55, idEnd),
      publicKey: bytes.slice(idEnd, end),
    }
  }
  if ((flags & flag.extensions) !== 0) {
    const extensions = decodeCbor(bytes, end)
    if (!(extensions?.value instanceof Map)) return undefined
    end = extensions.end
  }
  if (end !== bytes.length) return undefined
  return {
    rpIdHash: bytes.slice(0, 32),
    userPresent: (flags & flag.userPresent) !== 0,
    userVerified: (flags & flag.userVerified) !== 0,
    backupEligible: (flags & flag.eligible) !== 0,
    backedUp: (flags & flag.backedUp) !== 0,
    counter: view.getUint32(33),
    attested,
  }
}
