import { createHash } from 'node:crypto'

/** SHA-256 of bytes that are no secret: an RP id, client data, a credential id. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** The same of a text, as base64url writes it: a PKCE challenge, an identifier of bounded length. */
export function sha256Base64Url(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
