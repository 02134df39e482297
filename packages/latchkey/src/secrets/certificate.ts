import { X509Certificate } from 'node:crypto'
import { publicKeyOf, type PublicKey } from './public-key.ts'

/** An X.509 certificate, read as far as attestation asks (RFC 5280). */
export interface Certificate {
  readonly publicKey: PublicKey
  readonly isAuthority: boolean
  /** `C=AA`, `O=…`, one a member, as it stands. */
  readonly subject: readonly string[]
  /** The whole in DER, for the extensions that have no member here. */
  readonly der: Uint8Array
  readonly x509: X509Certificate
}

/** From DER or PEM; `undefined` for what is no certificate or holds a key that we do not take. */
export function readCertificate(encoded: Uint8Array | string): Certificate | undefined {
  try {
    const x509 = new X509Certificate(encoded)
    const publicKey = publicKeyOf(x509.publicKey)
    if (publicKey === undefined) return undefined
    const subject = (x509.subject ?? '').split('\n').filter((line) => line !== '')
    return { publicKey, isAuthority: x509.ca, subject, der: new Uint8Array(x509.raw), x509 }
  } catch {
    return undefined
  }
}

/**
 * Whether the chain, leaf first, is valid at `now` and ends in one of the roots or in a certificate issued by one (RFC 5280 section 6.1,
 * without policies and revocation lists).
 */
export function chainsTo(roots: readonly Certificate[], chain: readonly Certificate[], now: number): boolean {
  const last = chain.at(-1)
  if (last === undefined || ![...chain].every((certificate) => isValidAt(certificate, now))) return false
  const linked = chain.slice(1).every((issuer, index) => issuer.isAuthority && isIssuedBy(chain[index], issuer))
  if (!linked) return false
  return roots.some((root) => isValidAt(root, now) && (last.x509.raw.equals(root.x509.raw) || isIssuedBy(last, root)))
}

function isIssuedBy(certificate: Certificate | undefined, issuer: Certificate): boolean {
  return (
    certificate !== undefined &&
    certificate.x509.checkIssued(issuer.x509) &&
    certificate.x509.verify(issuer.publicKey.keyObject)
  )
}

function isValidAt({ x509 }: Certificate, now: number): boolean {
  return x509.validFromDate.getTime() <= now && now <= x509.validToDate.getTime()
}
