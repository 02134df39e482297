import { concatBytes } from '../../../../platform/bytes.ts'
import { signatureAlgorithm } from '../cose-key.ts'
import { elementsOf, extensionOf, readDer, type Der } from './der.ts'
import { certificatesOf, hasExactly, sameBytes } from './statement.ts'
import type { Attested, Statement, VerifiedStatement } from './verify-attestation.ts'

const keyDescription = '1.3.6.1.4.1.11129.2.1.17'

/** WebAuthn L3 section 8.4. */
export function verifyAndroidKey(statement: Statement, about: Attested): VerifiedStatement | undefined {
  const [alg, sig] = [statement.get('alg'), statement.get('sig')]
  const chain = certificatesOf(statement)
  const leaf = chain?.[0]
  const algorithm = typeof alg === 'number' ? signatureAlgorithm(alg) : undefined
  if (chain === undefined || leaf === undefined || algorithm === undefined || !(sig instanceof Uint8Array))
    return undefined
  if (!hasExactly(statement, 'alg', 'sig', 'x5c')) return undefined
  const signed = concatBytes(about.authenticatorData, about.clientDataHash)
  if (!leaf.publicKey.verify(algorithm, signed, sig) || !leaf.publicKey.equals(about.key.key)) return undefined
  const extension = extensionOf(leaf.der, keyDescription)
  const sequence = extension === undefined ? undefined : readDer(extension)
  const fields = sequence === undefined ? undefined : elementsOf(sequence.content)
  // KeyDescription: …, attestationChallenge (5th), uniqueId, softwareEnforced, teeEnforced.
  const [challenge, software, hardware] = [fields?.[4], fields?.[6], fields?.[7]]
  if (!sameBytes(challenge?.content, about.clientDataHash)) return undefined
  return isAuthorized(software) && isAuthorized(hardware) ? { chain } : undefined
}

const contextTag = (number: number): number => (number < 31 ? 0xa0 + number : 0xa0 * 0x10000 + number)
const purpose = contextTag(1)
const allApplications = contextTag(600)
const origin = contextTag(702)

/**
 * An AuthorizationList: bound to one application, and where origin and purpose are told, made on the device (0) and for signing (2). The
 * standard's own vector tells neither.
 */
function isAuthorized(list: Der | undefined): boolean {
  const entries = list?.tag === 0x30 ? elementsOf(list.content) : undefined
  if (entries === undefined || entries.some(({ tag }) => tag === allApplications)) return false
  return entries.every((entry) => {
    const inner = readDer(entry.content)
    if (entry.tag === origin) return inner?.content.length === 1 && inner.content[0] === 0
    if (entry.tag === purpose)
      return inner !== undefined && elementsOf(inner.content)?.some(({ content }) => content[0] === 2) === true
    return true
  })
}
