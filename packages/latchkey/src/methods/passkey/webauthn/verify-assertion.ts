import { concatBytes, fromBase64Url } from '../../../platform/bytes.ts'
import { sha256 } from '../../../secrets/sha256.ts'
import { parseAuthenticatorData } from './authenticator-data.ts'
import { judgeClientData } from './client-data.ts'
import { parseCoseKey } from './cose-key.ts'
import type { CeremonyRejection, Expectation } from './expectation.ts'
import { judgeAuthenticatorData } from './judge-authenticator-data.ts'
import type { AuthenticationResponse } from './responses.ts'

export type VerifyAssertionResult =
  | {
      readonly ok: true
      readonly userVerified: boolean
      readonly backedUp: boolean
      /** As the authenticator signed it. Whether it had to grow is judged by whoever knows the stored one. */
      readonly counter: number
    }
  | { readonly ok: false; readonly reason: AssertionRejection }

export type AssertionRejection = CeremonyRejection | 'wrong_signature'

/**
 * WebAuthn L3 section 7.2 from step 7 on, but for the counter (step 22): that one says something only once the signature is known to be
 * good, or whoever knows a credential id could raise the alarm of a cloned authenticator.
 */
export function verifyAssertion(
  { response }: AuthenticationResponse,
  {
    expected,
    credential,
  }: {
    readonly expected: Expectation
    /** `publicKey` is the COSE_Key in base64url. */
    readonly credential: { readonly publicKey: string; readonly backupEligible: boolean }
  },
): VerifyAssertionResult {
  const clientData = fromBase64Url(response.clientDataJSON)
  const authenticatorData = fromBase64Url(response.authenticatorData)
  const signature = fromBase64Url(response.signature)
  const publicKey = fromBase64Url(credential.publicKey)
  if (clientData === undefined || authenticatorData === undefined || signature === undefined || publicKey === undefined)
    return reject('malformed')
  const wrongClientData = judgeClientData(clientData, { type: 'webauthn.get', expected })
  if (wrongClientData !== undefined) return reject(wrongClientData)
  const data = parseAuthenticatorData(authenticatorData)
  if (data === undefined) return reject('malformed')
  const wrongData = judgeAuthenticatorData(data, expected)
  if (wrongData !== undefined) return reject(wrongData)
  // Step 19: whether a credential can be copied never changes.
  if (data.backupEligible !== credential.backupEligible) return reject('wrong_backup_flags')
  const key = parseCoseKey(publicKey)
  if (key === undefined) return reject('malformed')
  const signed = concatBytes(authenticatorData, sha256(clientData))
  if (!key.key.verify(key.signature, signed, signature)) return reject('wrong_signature')
  return { ok: true, userVerified: data.userVerified, backedUp: data.backedUp, counter: data.counter }
}

function reject(reason: AssertionRejection): VerifyAssertionResult {
  return { ok: false, reason }
}
