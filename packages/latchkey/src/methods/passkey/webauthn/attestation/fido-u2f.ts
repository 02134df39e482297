import { concatBytes } from '../../../../platform/bytes.ts'
import { certificatesOf, hasExactly } from './statement.ts'
import type { Attested, Statement, VerifiedStatement } from './verify-attestation.ts'

/** WebAuthn L3 section 8.6: keys from before CTAP2. What they sign leaves out flags, counter and model. */
export function verifyFidoU2f(statement: Statement, about: Attested): VerifiedStatement | undefined {
  const sig = statement.get('sig')
  const chain = certificatesOf(statement)
  const leaf = chain?.[0]
  if (chain?.length !== 1 || leaf === undefined || !(sig instanceof Uint8Array) || !hasExactly(statement, 'sig', 'x5c'))
    return undefined
  const { parameters } = about.key
  const [x, y] = [parameters.get(-2), parameters.get(-3)]
  if (about.key.signature !== 'ES256' || !(x instanceof Uint8Array) || !(y instanceof Uint8Array)) return undefined
  const signed = concatBytes(
    Uint8Array.of(0),
    about.rpIdHash,
    about.clientDataHash,
    about.attested.credentialId,
    Uint8Array.of(4),
    x,
    y,
  )
  return leaf.publicKey.verify('ES256', signed, sig) ? { chain } : undefined
}
