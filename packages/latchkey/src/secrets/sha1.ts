import { createHash } from 'node:crypto'

/** SHA-1 in upper-case hex: only the key under which breach lists file a password, never protection (ASVS 11.4.1). */
export function sha1Hex(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex').toUpperCase()
}
