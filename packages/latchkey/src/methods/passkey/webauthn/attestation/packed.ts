import type { Certificate } from '../../../../secrets/certificate.ts'
import { concatBytes } from '../../../../platform/bytes.ts'
import { signatureAlgorithm } from '../cose-key.ts'
import { extensionOf, readDer } from './der.ts'
import { certificatesOf, hasExactly, sameBytes } from './statement.ts'
import type { Attested, Statement, VerifiedStatement } from './verify-attestation.ts'

/** WebAuthn L3 section 8.2. */
export function verifyPacked(statement: Statement, about: Attested): VerifiedStatement | undefined {
  const [alg, sig] = [statement.get('alg'), statement.get('sig')]
  if (typeof alg !== 'number' || !(sig instanceof Uint8Array)) return undefined
  const signed = concatBytes(about.authenticatorData, about.clientDataHash)
  if (!statement.has('x5c')) {
    // Self attestation: the credential key signs for itself.
    const { key } = about
    const holds =
      hasExactly(statement, 'alg', 'sig') && alg === key.algorithm && key.key.verify(key.signature, signed, sig)
    return holds ? { chain: [] } : undefined
  }
  const chain = certificatesOf(statement)
  const algorithm = signatureAlgorithm(alg)
  const leaf = chain?.[0]
  if (
    chain === undefined ||
    leaf === undefined ||
    algorithm === undefined ||
    !hasExactly(statement, 'alg', 'sig', 'x5c')
  )
    return undefined
  if (!leaf.publicKey.verify(algorithm, signed, sig) || !isAttestationCertificate(leaf)) return undefined
  return namesOtherModel(leaf, about.attested.aaguid) ? undefined : { chain }
}

/** WebAuthn L3 section 8.2.1. */
function isAttestationCertificate({ subject, isAuthority }: Certificate): boolean {
  const has = (beginning: string): boolean => subject.some((part) => part.startsWith(beginning) && part !== beginning)
  return !isAuthority && subject.includes('OU=Authenticator Attestation') && has('C=') && has('O=') && has('CN=')
}

const modelExtension = '1.3.6.1.4.1.45724.1.1.4'

/** The extension id-fido-gen-ce-aaguid, where there is one, has to name this very model. */
export function namesOtherModel(leaf: Certificate, aaguid: Uint8Array): boolean {
  const extension = extensionOf(leaf.der, modelExtension)
  if (extension === undefined) return false
  const octets = readDer(extension)
  return octets?.tag !== 0x04 || !sameBytes(octets.content, aaguid)
}
