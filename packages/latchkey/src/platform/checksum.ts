import { createHash } from 'node:crypto'

/** SHA-256 of a text in hex: recognises a changed file. It has no key and protects nothing against an attacker. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
