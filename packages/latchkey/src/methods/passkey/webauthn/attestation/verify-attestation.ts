import type { Certificate } from '../../../../secrets/certificate.ts'
import type { AttestedCredential } from '../authenticator-data.ts'
import type { CoseKey } from '../cose-key.ts'
import { verifyAndroidKey } from './android-key.ts'
import { verifyApple } from './apple.ts'
import { verifyFidoU2f } from './fido-u2f.ts'
import { verifyPacked } from './packed.ts'
import { verifyTpm } from './tpm.ts'

/** What an attestation statement is about. */
export interface Attested {
  readonly authenticatorData: Uint8Array
  readonly clientDataHash: Uint8Array
  readonly rpIdHash: Uint8Array
  readonly attested: AttestedCredential
  readonly key: CoseKey
}

export type Statement = ReadonlyMap<unknown, unknown>

/** The certificates of a statement that is right, leaf first; none for statements that name no maker. */
export interface VerifiedStatement {
  readonly chain: readonly Certificate[]
}

/** The registered formats (WebAuthn L3 section 8), each with the verification procedure of its section. */
const formats: ReadonlyMap<string, (statement: Statement, attested: Attested) => VerifiedStatement | undefined> =
  new Map([
    // 8.7: the statement is empty.
    ['none', (statement: Statement) => (statement.size === 0 ? { chain: [] } : undefined)],
    ['packed', verifyPacked],
    ['tpm', verifyTpm],
    ['android-key', verifyAndroidKey],
    ['fido-u2f', verifyFidoU2f],
    ['apple', verifyApple],
  ])

/** WebAuthn L3 section 7.1 steps 21 and 22; `undefined` for an unknown format or a statement that does not hold. */
export function verifyAttestation(
  format: string,
  statement: Statement,
  attested: Attested,
): VerifiedStatement | undefined {
  return formats.get(format)?.(statement, attested)
}
