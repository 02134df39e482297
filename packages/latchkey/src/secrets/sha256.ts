import { createHash } from 'node:crypto'

/** SHA-256 of bytes that are no secret: an RP id, client data, a credential id. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}
