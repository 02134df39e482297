import { concatBytes } from '../../../../platform/bytes.ts'
import { sha256 } from '../../../../secrets/sha256.ts'
import { elementsOf, extensionOf, readDer } from './der.ts'
import { certificatesOf, hasExactly, sameBytes } from './statement.ts'
import type { Attested, Statement, VerifiedStatement } from './verify-attestation.ts'

const nonceExtension = '1.2.840.113635.100.8.2'

/** WebAuthn L3 section 8.8: the certificate, made for this ceremony, holds its nonce and the credential's own key. */
export function verifyApple(statement: Statement, about: Attested): VerifiedStatement | undefined {
  const chain = certificatesOf(statement)
  const leaf = chain?.[0]
  if (chain === undefined || leaf === undefined || !hasExactly(statement, 'x5c')) return undefined
  const nonce = sha256(concatBytes(about.authenticatorData, about.clientDataHash))
  // SEQUENCE { [1] { OCTET STRING } }
  const extension = extensionOf(leaf.der, nonceExtension)
  const sequence = extension === undefined ? undefined : readDer(extension)
  const tagged = (sequence === undefined ? undefined : elementsOf(sequence.content))?.find(({ tag }) => tag === 0xa1)
  const octets = tagged === undefined ? undefined : readDer(tagged.content)
  const holds = octets?.tag === 0x04 && sameBytes(octets.content, nonce) && leaf.publicKey.equals(about.key.key)
  return holds ? { chain } : undefined
}
