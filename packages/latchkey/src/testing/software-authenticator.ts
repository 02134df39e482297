import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { CreationOptions, RequestOptions } from '../methods/passkey/webauthn/options.ts'
import type { AuthenticationResponse, RegistrationResponse } from '../methods/passkey/webauthn/responses.ts'
import { concatBytes, fromBase64Url, toBase64Url, toUtf8 } from '../platform/bytes.ts'
import { encodeCbor, type Encodable } from './encode-cbor.ts'

/**
 * A browser and an authenticator in one: it speaks WebAuthn in real bytes, ES256 and attestation `none`, without a browser. Like a real one it
 * refuses to register what it holds already, and signs only for the site that it made a key for.
 */
export interface SoftwareAuthenticator {
  /** Answers the options of a registration as `PublicKeyCredential.toJSON()` would. */
  create(options: unknown, twist?: Twist): RegistrationResponse
  /** Answers the options of a sign-in, with the newest key that they allow. */
  get(options: unknown, twist?: Twist): AuthenticationResponse
  /** Another authenticator that holds the same keys at the same counters, as after theft by copying. */
  clone(): SoftwareAuthenticator
  /** Ids of the keys, newest first. */
  credentialIds(): readonly string[]
}

export interface SoftwareAuthenticatorOptions {
  /** Where the browser is. Default `https://app.example.com`, the site of the test kit. */
  readonly origin?: string
  /** Whether the person gives a PIN or a fingerprint. Default true. */
  readonly userVerification?: boolean
  /** `synced`: the key may be copied and the counter stays at 0, as a password manager's. Default `counting`, as a security key's. */
  readonly kind?: 'counting' | 'synced'
  /** 32 hex digits. Default zeros. */
  readonly aaguid?: string
}

/** What an attacker or a broken device would do otherwise; each member replaces the honest value. */
export interface Twist {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly challenge?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly counter?: number
  /** Base64url; `null`: none is given. */
  readonly userHandle?: string | null
  /** Length of a new credential id in bytes. Default 32. */
  readonly idLength?: number
  /** Signs with this key, whatever the options allow. */
  readonly credentialId?: string
}

interface HeldKey {
  readonly id: string
  readonly rpId: string
  readonly userHandle: string
  readonly privateKey: KeyObject
  counter: number
}

/**
 * @example
 * const authenticator = createSoftwareAuthenticator()
 * const { options, ticket } = (await ada.post('/passkeys/register/start')).body
 * await ada.post('/passkeys/register/finish', { ticket, response: authenticator.create(options) })
 */
export function createSoftwareAuthenticator(options: SoftwareAuthenticatorOptions = {}): SoftwareAuthenticator {
  return authenticatorWith(options, [])
}

function authenticatorWith(settings: SoftwareAuthenticatorOptions, keys: HeldKey[]): SoftwareAuthenticator {
  const { origin = 'https://app.example.com', userVerification = true, kind = 'counting' } = settings
  const isSynced = kind === 'synced'

  const clientDataOf = (type: string, challenge: string, twist: Twist): Uint8Array =>
    toUtf8(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: twist.crossOrigin ?? false,
        ...(twist.topOrigin === undefined ? {} : { topOrigin: twist.topOrigin }),
      }),
    )

  /** WebAuthn L3 section 6.1. */
  function authenticatorData(rpId: string, counter: number, twist: Twist, attested: Uint8Array | null): Uint8Array {
    const flags =
      ((twist.userPresent ?? true) ? 0x01 : 0) |
      ((twist.userVerified ?? userVerification) ? 0x04 : 0) |
      ((twist.backupEligible ?? isSynced) ? 0x08 : 0) |
      ((twist.backedUp ?? isSynced) ? 0x10 : 0) |
      (attested === null ? 0 : 0x40)
    const head = new Uint8Array(5)
    head[0] = flags
    new DataView(head.buffer).setUint32(1, twist.counter ?? counter)
    return concatBytes(sha256(toUtf8(twist.rpId ?? rpId)), head, attested ?? new Uint8Array())
  }

  return {
    credentialIds: () => keys.map(({ id }) => id),
    clone: () =>
      authenticatorWith(
        settings,
        keys.map((key) => ({ ...key })),
      ),
    create(given, twist = {}) {
      const options = given as CreationOptions
      const held = options.excludeCredentials.some(({ id }) => keys.some((key) => key.id === id))
      if (held) throw new Error('InvalidStateError: the authenticator holds a key of this account already')
      if (!options.pubKeyCredParams.some(({ alg }) => alg === -7)) throw new Error('NotSupportedError: only ES256')
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const cosePublicKey = encodeCbor(
        new Map<number, number | Uint8Array>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytesOf(x)],
          [-3, bytesOf(y)],
        ]),
      )
      // The digest of a fresh key is as random as any id.
      const rawId = new Uint8Array(twist.idLength ?? 32)
      rawId.set(sha256(cosePublicKey).subarray(0, rawId.length))
      const id = toBase64Url(rawId)
      const aaguid = new Uint8Array(16)
      for (let index = 0; index < 16; index++)
        aaguid[index] = Number.parseInt((settings.aaguid ?? '').slice(2 * index, 2 * index + 2) || '0', 16)
      const attested = concatBytes(aaguid, Uint8Array.of(rawId.length >> 8, rawId.length & 255), rawId, cosePublicKey)
      keys.unshift({ id, rpId: options.rp.id, userHandle: options.user.id, privateKey, counter: 0 })
      return {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: toBase64Url(clientDataOf('webauthn.create', options.challenge, twist)),
          attestationObject: toBase64Url(
            encodeCbor(
              new Map<string, Encodable>([
                ['fmt', 'none'],
                ['attStmt', new Map()],
                ['authData', authenticatorData(options.rp.id, 0, twist, attested)],
              ]),
            ),
          ),
          transports: isSynced ? ['hybrid', 'internal'] : ['usb'],
        },
      }
    },
    get(given, twist = {}) {
      const options = given as RequestOptions
      const allowed = options.allowCredentials
      const key = keys.find((one) =>
        twist.credentialId === undefined
          ? one.rpId === options.rpId && (allowed.length === 0 || allowed.some(({ id }) => id === one.id))
          : one.id === twist.credentialId,
      )
      if (key === undefined) throw new Error('NotAllowedError: no key that the options allow')
      if (!isSynced) key.counter += 1
      const clientData = clientDataOf('webauthn.get', options.challenge, twist)
      const data = authenticatorData(options.rpId, key.counter, twist, null)
      const signature = sign('sha256', concatBytes(data, sha256(clientData)), key.privateKey)
      const userHandle = twist.userHandle === undefined ? key.userHandle : twist.userHandle
      return {
        id: key.id,
        rawId: key.id,
        type: 'public-key',
        response: {
          clientDataJSON: toBase64Url(clientData),
          authenticatorData: toBase64Url(data),
          signature: toBase64Url(signature),
          ...(userHandle === null ? {} : { userHandle }),
        },
      }
    },
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64Url(text)
  if (bytes === undefined) throw new TypeError('node writes base64url')
  return bytes
}
