import { createHmac, createSecretKey, hash } from 'node:crypto'

/** Bytes of a block of SHA-256. */
const block = 64
/** Bytes of the longest text for which it is worth it: tokens, codes, keys of budgets and most rows are shorter. */
const room = 448

/**
 * HMAC-SHA-256 under one key, as base64url. Short texts are hashed as RFC 2104 writes it, which takes three fifths of the time of `createHmac`: that one makes a context
 * and an object around it for each text.
 *
 * @param key at most a block long, as derived keys are: a longer one would have to be hashed first
 */
export function createMac(key: Uint8Array): (text: string) => string {
  if (key.length > block) throw new TypeError('the key is longer than a block')
  const imported = createSecretKey(key)
  const inner = padded(key, 0x36, room)
  const outer = padded(key, 0x5c, 32)
  return (text) => {
    const bytes = Buffer.byteLength(text)
    if (bytes > room) return createHmac('sha256', imported).update(text).digest('base64url')
    inner.write(text, block)
    outer.write(hash('sha256', inner.subarray(0, block + bytes), 'binary'), block, 'latin1')
    return hash('sha256', outer, 'base64url')
  }
}

/** The key, filled up to a block, with `pad` on every byte of it; behind it space for `more` bytes. */
function padded(key: Uint8Array, pad: number, more: number): Buffer {
  const bytes = Buffer.alloc(block + more)
  bytes.set(key)
  for (let index = 0; index < block; index++) bytes[index] = (bytes[index] ?? 0) ^ pad
  return bytes
}
