import { fromBase64Url, toBase64Url } from '../../../platform/bytes.ts'
import type { Certificate } from '../../../secrets/certificate.ts'
import { chainsTo } from '../../../secrets/certificate.ts'
import { sha256 } from '../../../secrets/sha256.ts'
import { verifyAttestation } from './attestation/verify-attestation.ts'
import { parseAuthenticatorData } from './authenticator-data.ts'
import { decodeCbor } from './cbor.ts'
import { judgeClientData } from './client-data.ts'
import { parseCoseKey } from './cose-key.ts'
import type { CeremonyRejection, Expectation } from './expectation.ts'
import { judgeAuthenticatorData } from './judge-authenticator-data.ts'
import type { RegistrationResponse } from './responses.ts'

export interface RegistrationExpectation extends Expectation {
  /** COSE identifiers, those that were offered. */
  readonly algorithms: readonly number[]
  /** Whether credentials that may be copied to other devices are taken. */
  readonly syncable: boolean
  /** Certificates of makers; an authenticator has to prove its make by one of them. `null`: any authenticator. */
  readonly trustedRoots: readonly Certificate[] | null
  readonly now: number
}

/** A new credential, as it is to be stored (WebAuthn L3 section 4, "credential record"). */
export interface RegisteredCredential {
  /** Base64url. */
  readonly credentialId: string
  /** COSE_Key in base64url. */
  readonly publicKey: string
  /** COSE identifier. */
  readonly algorithm: number
  readonly counter: number
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  /** 32 hex digits; of no weight unless the attestation was trusted. */
  readonly aaguid: string
  readonly transports: readonly string[]
  readonly attestationFormat: string
}

export type VerifyRegistrationResult =
  | { readonly ok: true; readonly credential: RegisteredCredential }
  | { readonly ok: false; readonly reason: RegistrationRejection }

export type RegistrationRejection =
  | CeremonyRejection
  | 'wrong_algorithm'
  | 'wrong_credential_id'
  | 'wrong_attestation'
  | 'untrusted_attestation'
  | 'syncable'

/** WebAuthn L3 section 7.1 from step 5 on; whether the credential id is free (step 26) is the guard of the write. */
export function verifyRegistration(
  { rawId, id, response }: RegistrationResponse,
  expected: RegistrationExpectation,
): VerifyRegistrationResult {
  const clientData = fromBase64Url(response.clientDataJSON)
  const attestation = parseAttestationObject(fromBase64Url(response.attestationObject))
  if (clientData === undefined || attestation === undefined) return reject('malformed')
  const wrongClientData = judgeClientData(clientData, { type: 'webauthn.create', expected })
  if (wrongClientData !== undefined) return reject(wrongClientData)
  const data = parseAuthenticatorData(attestation.authenticatorData)
  if (data === undefined || data.attested === null) return reject('malformed')
  const wrongData = judgeAuthenticatorData(data, expected)
  if (wrongData !== undefined) return reject(wrongData)
  // Steps 18 and 19 leave this to the relying party.
  if (data.backupEligible && !expected.syncable) return reject('syncable')
  const { attested } = data
  const key = parseCoseKey(attested.publicKey)
  if (key === undefined || !expected.algorithms.includes(key.algorithm)) return reject('wrong_algorithm')
  const statement = verifyAttestation(attestation.format, attestation.statement, {
    authenticatorData: attestation.authenticatorData,
    clientDataHash: sha256(clientData),
    rpIdHash: data.rpIdHash,
    attested,
    key,
  })
  if (statement === undefined) return reject('wrong_attestation')
  // Steps 23 and 24. Without roots an unattested credential is as good as any other: this is the recommended policy for the public.
  const { trustedRoots, now } = expected
  if (trustedRoots !== null && !chainsTo(trustedRoots, statement.chain, now)) return reject('untrusted_attestation')
  const credentialId = toBase64Url(attested.credentialId)
  if (rawId !== credentialId || id !== credentialId) return reject('wrong_credential_id')
  if (attested.credentialId.length === 0 || attested.credentialId.length > 1_023) return reject('wrong_credential_id')
  return {
    ok: true,
    credential: {
      credentialId,
      publicKey: toBase64Url(attested.publicKey),
      algorithm: key.algorithm,
      counter: data.counter,
      userVerified: data.userVerified,
      backupEligible: data.backupEligible,
      backedUp: data.backedUp,
      aaguid: [...attested.aaguid].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      transports: response.transports ?? [],
      attestationFormat: attestation.format,
    },
  }
}

interface AttestationObject {
  readonly format: string
  readonly statement: ReadonlyMap<unknown, unknown>
  readonly authenticatorData: Uint8Array
}

function parseAttestationObject(bytes: Uint8Array | undefined): AttestationObject | undefined {
  const decoded = bytes === undefined ? undefined : decodeCbor(bytes)
  if (decoded === undefined || decoded.end !== bytes?.length || !(decoded.value instanceof Map)) return undefined
  const format: unknown = decoded.value.get('fmt')
  const statement: unknown = decoded.value.get('attStmt')
  const authenticatorData: unknown = decoded.value.get('authData')
  return typeof format === 'string' && statement instanceof Map && authenticatorData instanceof Uint8Array
    ? { format, statement, authenticatorData }
    : undefined
}

function reject(reason: RegistrationRejection): VerifyRegistrationResult {
  return { ok: false, reason }
}
