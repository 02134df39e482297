import { concatBytes } from '../../../../platform/bytes.ts'
import type { Certificate } from '../../../../secrets/certificate.ts'
import { digestFor } from '../../../../secrets/public-key.ts'
import { signatureAlgorithm } from '../cose-key.ts'
import { elementsOf, encodeObjectIdentifier, extensionOf, readDer } from './der.ts'
import { namesOtherModel } from './packed.ts'
import { certificatesOf, hasExactly, sameBytes } from './statement.ts'
import { namesPublicArea, readPublicArea } from './tpm-structures.ts'
import type { Attested, Statement, VerifiedStatement } from './verify-attestation.ts'

/** WebAuthn L3 section 8.3: the TPM certifies, under an attestation identity key, that it holds the credential's key. */
export function verifyTpm(statement: Statement, about: Attested): VerifiedStatement | undefined {
  const [alg, sig] = [statement.get('alg'), statement.get('sig')]
  const [publicArea, certified] = [statement.get('pubArea'), statement.get('certInfo')]
  const chain = certificatesOf(statement)
  const leaf = chain?.[0]
  const algorithm = typeof alg === 'number' ? signatureAlgorithm(alg) : undefined
  if (chain === undefined || leaf === undefined || algorithm === undefined || !(sig instanceof Uint8Array))
    return undefined
  if (!(publicArea instanceof Uint8Array) || !(certified instanceof Uint8Array)) return undefined
  if (!hasExactly(statement, 'alg', 'sig', 'ver', 'x5c', 'pubArea', 'certInfo') || statement.get('ver') !== '2.0')
    return undefined
  const key = readPublicArea(publicArea)
  if (key === undefined || !key.equals(about.key.key)) return undefined
  const extraData = digestFor(algorithm, concatBytes(about.authenticatorData, about.clientDataHash))
  if (extraData === undefined || !namesPublicArea(certified, { extraData, publicArea })) return undefined
  if (!leaf.publicKey.verify(algorithm, certified, sig) || !isIdentityCertificate(leaf)) return undefined
  return namesOtherModel(leaf, about.attested.aaguid) ? undefined : { chain }
}

const [keyUsage, alternativeName] = ['2.5.29.37', '2.5.29.17']
const identityKeyUsage = encodeObjectIdentifier('2.23.133.8.3')

/** WebAuthn L3 section 8.3.1. Who made the TPM is a question of the roots that are trusted, not of the name it gives. */
function isIdentityCertificate({ subject, isAuthority, der }: Certificate): boolean {
  const usage = extensionOf(der, keyUsage)
  const usages = usage === undefined ? undefined : readDer(usage)
  const hasUsage = (usages === undefined ? undefined : elementsOf(usages.content))?.some(({ content }) =>
    sameBytes(content, identityKeyUsage),
  )
  return !isAuthority && subject.length === 0 && hasUsage === true && extensionOf(der, alternativeName) !== undefined
}
