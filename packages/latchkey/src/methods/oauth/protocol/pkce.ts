import { toBase64Url } from '../../../platform/bytes.ts'
import type { Random } from '../../../platform/random.ts'
import { sha256Base64Url } from '../../../secrets/sha256.ts'

/** RFC 7636 section 4.1: 32 random bytes, 43 unreserved characters. Also what a nonce is made of. */
export function mintCodeVerifier(random: Random): string {
  return toBase64Url(random.bytes(32))
}

/** RFC 7636 section 4.2, `S256`; `plain` does not exist here. */
export function codeChallengeOf(codeVerifier: string): string {
  return sha256Base64Url(codeVerifier)
}
