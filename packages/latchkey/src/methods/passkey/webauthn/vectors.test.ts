import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../../platform/bytes.ts'
import { readCertificate } from '../../../secrets/certificate.ts'
import { testEpochAt } from '../../../testing/fake-clock.ts'
import type { AuthenticationResponse, RegistrationResponse } from './responses.ts'
import { verifyAssertion, type VerifyAssertionResult } from './verify-assertion.ts'
import { verifyRegistration, type VerifyRegistrationResult } from './verify-registration.ts'

/** Values in hexadecimal, as WebAuthn L3 section 16 prints them. */
interface Ceremony {
  readonly id: string
  readonly registration: {
    readonly challenge: string
    readonly aaguid: string
    readonly credential_id: string
    readonly clientDataJSON: string
    readonly attestationObject: string
  }
  readonly authentication: {
    readonly challenge: string
    readonly authenticatorData: string
    readonly clientDataJSON: string
    readonly signature: string
  }
}

interface VectorFile {
  readonly rpId: string
  readonly origin: string
  readonly topOrigin: string
  readonly attestationRootCertificate: string
  readonly vectors: readonly Ceremony[]
}

const file = JSON.parse(
  readFileSync(new URL('../../../../../../test/vectors/webauthn-l3.json', import.meta.url), 'utf8'),
) as VectorFile
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const base64Url = (hex: string): string => toBase64Url(bytesOf(hex))
const root = readCertificate(bytesOf(file.attestationRootCertificate))
if (root === undefined) throw new TypeError('the root of the vectors is a certificate')
const isAttested = ({ id }: Ceremony): boolean => !id.startsWith('none') && !id.startsWith('packed-self')

const expectation = {
  rpId: file.rpId,
  origins: [file.origin],
  embeddedIn: [file.topOrigin],
  userVerification: false,
}

/** Every attested ceremony has to lead to the root of the vectors. */
function register(ceremony: Ceremony, changed: Partial<Ceremony['registration']> = {}): VerifyRegistrationResult {
  const given = { ...ceremony.registration, ...changed }
  const id = base64Url(given.credential_id)
  const response: RegistrationResponse = {
    id,
    rawId: id,
    type: 'public-key',
    response: {
      clientDataJSON: base64Url(given.clientDataJSON),
      attestationObject: base64Url(given.attestationObject),
    },
  }
  return verifyRegistration(response, {
    ...expectation,
    challenge: base64Url(given.challenge),
    algorithms: [-7, -8, -35, -36, -53, -257],
    syncable: true,
    trustedRoots: isAttested(ceremony) ? [root as NonNullable<typeof root>] : null,
    now: testEpochAt,
  })
}

function authenticate(
  ceremony: Ceremony,
  credential: { readonly publicKey: string; readonly backupEligible: boolean },
  changed: Partial<Ceremony['authentication']> = {},
): VerifyAssertionResult {
  const given = { ...ceremony.authentication, ...changed }
  const id = base64Url(ceremony.registration.credential_id)
  const response: AuthenticationResponse = {
    id,
    rawId: id,
    type: 'public-key',
    response: {
      clientDataJSON: base64Url(given.clientDataJSON),
      authenticatorData: base64Url(given.authenticatorData),
      signature: base64Url(given.signature),
    },
  }
  return verifyAssertion(response, { expected: { ...expectation, challenge: base64Url(given.challenge) }, credential })
}

function registered(ceremony: Ceremony): Extract<VerifyRegistrationResult, { ok: true }>['credential'] {
  const result = register(ceremony)
  if (!result.ok) throw new Error(`${ceremony.id}: ${result.reason}`)
  return result.credential
}

/** The same value with one bit changed in the byte at `offset`. */
function spoilt(hex: string, offset: number, mask = 0x01): string {
  const bytes = bytesOf(hex)
  bytes[offset] = (bytes[offset] ?? 0) ^ mask
  return Buffer.from(bytes).toString('hex')
}

/** For the tests that go through every byte, on a busy machine. */
const exhaustive = { timeout: 60_000 }

const offsetsOf = (hex: string): readonly number[] => Array.from({ length: hex.length / 2 }, (_, offset) => offset)

/** Where in the attestation object the authenticator data begins: the last `authData` of the text, and the header of its byte string. */
function authenticatorDataAt(attestationObject: string): number {
  const name = Buffer.from('hauthData').toString('hex')
  const at = attestationObject.lastIndexOf(name) / 2 + 9
  return bytesOf(attestationObject)[at] === 0x58 ? at + 2 : at + 3
}

describe('the test vectors of WebAuthn L3 section 16', () => {
  it('are fifteen ceremonies, and each of them verifies, registration and authentication', () => {
    const verified = file.vectors.map((ceremony) => {
      const result = authenticate(ceremony, registered(ceremony))
      return `${ceremony.id} ${result.ok ? 'verified' : result.reason}`
    })
    expect(verified).toEqual([
      'none-es256 verified',
      'packed-self-es256 verified',
      'none-es256-crossOrigin verified',
      'none-es256-topOrigin verified',
      'none-es256-long-credential-id verified',
      'packed-es256 verified',
      'packed-es384 verified',
      'packed-es512 verified',
      'packed-rs256 verified',
      'packed-eddsa verified',
      'packed-ed448 verified',
      'tpm-es256 verified',
      'android-key-es256 verified',
      'apple-es256 verified',
      'fido-u2f-es256 verified',
    ])
  })

  it('give the record that is to be stored: id, model and the COSE key as it stands in the vector', () => {
    for (const ceremony of file.vectors) {
      const credential = registered(ceremony)
      const { credential_id, aaguid, attestationObject } = ceremony.registration
      expect(credential).toMatchObject({ credentialId: base64Url(credential_id), aaguid, counter: 0, transports: [] })
      expect(attestationObject.endsWith(Buffer.from(credential.publicKey, 'base64url').toString('hex'))).toBe(true)
    }
  })

  it('are refused with another challenge, credential id, or with the answer of another ceremony', () => {
    for (const ceremony of file.vectors) {
      const { registration, authentication } = ceremony
      const other = file.vectors.find(({ id }) => id !== ceremony.id)
      if (other === undefined) throw new TypeError('there are several vectors')
      const credential = registered(ceremony)
      const refused = [
        register(ceremony, { challenge: spoilt(registration.challenge, 0) }),
        register(ceremony, { credential_id: spoilt(registration.credential_id, 3) }),
        register(ceremony, { clientDataJSON: other.registration.clientDataJSON }),
        register(ceremony, { clientDataJSON: authentication.clientDataJSON, challenge: authentication.challenge }),
        authenticate(ceremony, credential, { challenge: spoilt(authentication.challenge, 0) }),
        authenticate(ceremony, credential, {
          clientDataJSON: registration.clientDataJSON,
          challenge: registration.challenge,
        }),
        authenticate(ceremony, credential, { signature: other.authentication.signature }),
        authenticate(ceremony, { ...registered(other), backupEligible: credential.backupEligible }),
        authenticate(ceremony, { ...credential, backupEligible: !credential.backupEligible }),
      ]
      expect(refused.map((result) => (result.ok ? ceremony.id : result.reason))).toEqual([
        'wrong_challenge',
        'wrong_credential_id',
        'wrong_challenge',
        'wrong_type',
        'wrong_challenge',
        'wrong_type',
        'wrong_signature',
        'wrong_signature',
        'wrong_backup_flags',
      ])
    }
  })

  it('are refused when any byte of an assertion is changed, in each of its three fields', exhaustive, () => {
    const accepted: string[] = []
    for (const ceremony of file.vectors) {
      const credential = registered(ceremony)
      for (const field of ['authenticatorData', 'clientDataJSON', 'signature'] as const) {
        const value = ceremony.authentication[field]
        for (const offset of offsetsOf(value))
          if (authenticate(ceremony, credential, { [field]: spoilt(value, offset) }).ok)
            accepted.push(`${ceremony.id} ${field} ${offset}`)
      }
    }
    expect(accepted).toEqual([])
  })

  it('are refused when any byte of a signed registration is changed', exhaustive, () => {
    const accepted: string[] = []
    for (const ceremony of file.vectors.filter(({ id }) => !id.startsWith('none') && !id.startsWith('fido-u2f')))
      for (const field of ['attestationObject', 'clientDataJSON', 'credential_id'] as const)
        for (const offset of offsetsOf(ceremony.registration[field]))
          if (register(ceremony, { [field]: spoilt(ceremony.registration[field], offset) }).ok)
            accepted.push(`${ceremony.id} ${field} ${offset}`)
    expect(accepted).toEqual([])
  })

  it('leave open without a signature over them, by the nature of the format, only what nothing rests on', () => {
    // Offsets in the authenticator data: 32 are the flags, of which a changed UP is refused, 33 to 36 the counter, 37 to 52 the model.
    const open = [33, 34, 35, 36, ...Array.from({ length: 16 }, (_, index) => 37 + index)]
    for (const ceremony of file.vectors.filter(({ id }) => id.startsWith('none') || id.startsWith('fido-u2f'))) {
      const { attestationObject, credential_id } = ceremony.registration
      const begins = authenticatorDataAt(attestationObject)
      const accepted = offsetsOf(attestationObject)
        .filter((offset) => register(ceremony, { attestationObject: spoilt(attestationObject, offset) }).ok)
        .map((offset) => offset - begins)
      expect({ id: ceremony.id, accepted }).toEqual({ id: ceremony.id, accepted: open })
      expect(register(ceremony, { credential_id: spoilt(credential_id, 0) }).ok).toBe(false)
    }
  })

  it('are refused with a cut or lengthened value, whatever its length', () => {
    for (const ceremony of file.vectors) {
      const credential = registered(ceremony)
      const { attestationObject } = ceremony.registration
      const { authenticatorData, signature } = ceremony.authentication
      const accepted = [
        ...offsetsOf(attestationObject).map((offset) =>
          register(ceremony, { attestationObject: attestationObject.slice(0, 2 * offset) }),
        ),
        register(ceremony, { attestationObject: `${attestationObject}00` }),
        authenticate(ceremony, credential, { authenticatorData: `${authenticatorData}00` }),
        authenticate(ceremony, credential, { authenticatorData: authenticatorData.slice(2) }),
        authenticate(ceremony, credential, { signature: `${signature}00` }),
        authenticate(ceremony, credential, { signature: '' }),
        authenticate(ceremony, credential, { signature: '00'.repeat(64) }),
      ].filter(({ ok }) => ok)
      expect(accepted).toEqual([])
    }
  })

  it('are refused where no frame of another site is expected, where keys have to stay, or where a PIN is demanded', () => {
    const reasons = file.vectors.map((ceremony) => {
      const { credential_id, clientDataJSON, attestationObject, challenge } = ceremony.registration
      const id = base64Url(credential_id)
      const strict = verifyRegistration(
        {
          id,
          rawId: id,
          type: 'public-key',
          response: {
            clientDataJSON: base64Url(clientDataJSON),
            attestationObject: base64Url(attestationObject),
          },
        },
        {
          ...expectation,
          embeddedIn: null,
          userVerification: true,
          challenge: base64Url(challenge),
          algorithms: [-7],
          syncable: false,
          trustedRoots: [root],
          now: testEpochAt,
        },
      )
      return `${ceremony.id} ${strict.ok ? 'verified' : strict.reason}`
    })
    expect(reasons).toEqual([
      'none-es256 user_unverified',
      'packed-self-es256 syncable',
      'none-es256-crossOrigin wrong_origin',
      'none-es256-topOrigin wrong_origin',
      'none-es256-long-credential-id user_unverified',
      'packed-es256 syncable',
      'packed-es384 user_unverified',
      'packed-es512 syncable',
      'packed-rs256 syncable',
      'packed-eddsa user_unverified',
      'packed-ed448 user_unverified',
      'tpm-es256 syncable',
      'android-key-es256 syncable',
      'apple-es256 user_unverified',
      'fido-u2f-es256 user_unverified',
    ])
  })
})
