import { createHmac, createSecretKey } from 'node:crypto'

/**
 * HMAC-SHA-1, as RFC 4226 section 5.3 prescribes it for one-time passwords. HMAC does not rest on the collisions that broke SHA-1; nothing else
 * of the engine uses it.
 */
export function hmacSha1(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha1', createSecretKey(key)).update(message).digest())
}
