import {
  getValidatedIdTokenClaims,
  jwksCache,
  validateApplicationLevelSignature,
  type AuthorizationServer,
  type JWKSCacheInput,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import { fromBase64Url, fromUtf8 } from '../../../platform/bytes.ts'
import type { Provider } from '../provider.ts'
import { refused, type ProviderRefusal } from './failure.ts'
import { asClaims, type Claims } from './profile.ts'
import type { Outgoing } from './server.ts'

export type IdTokenResult = { readonly ok: true; readonly claims: Claims } | ProviderRefusal

/**
 * OIDC Core 3.1.3.7, what is left after the library compared `iss`, `aud`, `exp`, `nonce` and the algorithm: the signature, by a key of the pinned
 * issuer (never one that the token names, RFC 8725 section 3.10), and `azp`.
 */
export async function verifyIdToken(
  provider: Provider,
  server: AuthorizationServer,
  { tokens, response }: { readonly tokens: TokenEndpointResponse; readonly response: Response },
  { outgoing, keys }: { readonly outgoing: Outgoing; readonly keys: JWKSCacheInput },
): Promise<IdTokenResult> {
  const claims = getValidatedIdTokenClaims(tokens)
  if (claims === undefined || tokens.id_token === undefined) return refused('answer_invalid')
  // (5): also with a single audience.
  if (claims.azp !== undefined && claims.azp !== provider.clientId) return refused('wrong_audience')
  try {
    await validateApplicationLevelSignature(server, response, { ...outgoing, [jwksCache]: keys })
  } catch (error) {
    const isForgery = error instanceof Error && 'code' in error && signatureFailures.has(String(error.code))
    if (isForgery || error instanceof DOMException) return refused('bad_signature')
    throw error
  }
  if (provider.tenantIssuer !== undefined && !isKeyOf(claims, keyOf(tokens.id_token, keys)))
    return refused('bad_signature')
  return { ok: true, claims }
}

/** No key of the issuer fits, or the one that fits did not sign this. */
const signatureFailures = new Set(['OAUTH_KEY_SELECTION_FAILED', 'OAUTH_INVALID_RESPONSE'])

/** Claims of a token whose signature nobody has looked at yet; good for choosing what it will be compared with, for nothing else. */
export function peekClaims(token: unknown): Claims {
  return parsePart(token, 1)
}

/** Providers with many tenants bind keys to issuers: `issuer` of a key is one, or the template of all. */
function isKeyOf(claims: Claims, key: Claims): boolean {
  const { issuer } = key
  if (issuer === undefined) return true
  return typeof issuer === 'string' && issuer.replace('{tenantid}', String(claims['tid'])) === claims['iss']
}

function keyOf(token: string, cache: JWKSCacheInput): Claims {
  const { kid } = parsePart(token, 0)
  const listed: readonly unknown[] = 'jwks' in cache ? cache.jwks.keys : []
  return listed.map(asClaims).find((key) => key['kid'] === kid) ?? {}
}

function parsePart(token: unknown, index: 0 | 1): Claims {
  const bytes = typeof token === 'string' ? fromBase64Url(token.split('.')[index] ?? '') : undefined
  if (bytes === undefined) return {}
  try {
    return asClaims(JSON.parse(fromUtf8(bytes)))
  } catch {
    return {}
  }
}
