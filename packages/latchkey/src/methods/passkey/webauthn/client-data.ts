import { fromUtf8 } from '../../../platform/bytes.ts'
import { equal } from '../../../secrets/equal.ts'
import type { CeremonyRejection, Expectation } from './expectation.ts'

/** Steps 5 to 11 of WebAuthn L3 section 7.1, which are 7 to 14 of section 7.2; members that nobody knows are ignored, as both demand. */
export function judgeClientData(
  bytes: Uint8Array,
  { type, expected }: { readonly type: 'webauthn.create' | 'webauthn.get'; readonly expected: Expectation },
): CeremonyRejection | undefined {
  const data = parse(bytes)
  if (data === undefined) return 'malformed'
  if (data.type !== type) return 'wrong_type'
  if (!equal(data.challenge, expected.challenge)) return 'wrong_challenge'
  if (!expected.origins.includes(data.origin)) return 'wrong_origin'
  if (data.crossOrigin && expected.embeddedIn === null) return 'wrong_origin'
  if (data.topOrigin !== undefined && expected.embeddedIn?.includes(data.topOrigin) !== true) return 'wrong_origin'
  return undefined
}

interface ClientData {
  readonly type: string
  readonly challenge: string
  readonly origin: string
  readonly crossOrigin: boolean
  readonly topOrigin: string | undefined
}

function parse(bytes: Uint8Array): ClientData | undefined {
  let json: unknown
  try {
    json = JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const { type, challenge, origin, crossOrigin = false, topOrigin } = json as Readonly<Record<string, unknown>>
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string') return undefined
  if (typeof crossOrigin !== 'boolean' || (topOrigin !== undefined && typeof topOrigin !== 'string')) return undefined
  return { type, challenge, origin, crossOrigin, topOrigin }
}
