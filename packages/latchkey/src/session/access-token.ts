import { sign, verify } from 'node:crypto'
import type { Core } from '../core/core.ts'
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from '../platform/bytes.ts'
import { parseUserId, type UserId } from '../user/user.ts'
import type { SigningKeys } from './signing-keys.ts'
import { parseSessionId, type Session, type SessionId } from './session.ts'

export type AccessClaims =
  | {
      readonly ok: true
      readonly userId: UserId
      readonly sessionId: SessionId
      /** When the session that it was issued for had authenticated, epoch seconds. */
      readonly authTime: number
    }
  | {
      readonly ok: false
      readonly reason: 'malformed' | 'wrong_type' | 'unknown_key' | 'bad_signature' | 'wrong_issuer' | 'expired'
    }

/**
 * Access tokens: RFC 9068 (`typ: at+jwt`) signed with ES256. Signing and checking are synchronous node:crypto calls of a tenth of a
 * millisecond: WebCrypto's would queue behind the password hashes in the thread pool (design section 5).
 * A resource server that verifies them by the JWK set alone accepts one until `exp`, even after the session was revoked.
 */
export interface AccessTokens {
  issue(session: Session): Promise<{ readonly token: string; readonly expiresInSeconds: number }>
  /** The claims of a valid token; whether its session lives is asked of the database by the caller. */
  verify(token: string): Promise<AccessClaims>
}

/** Tolerated between the clocks of two nodes. */
const skewSeconds = 5

export function createAccessTokens({
  clock,
  ids,
  settings,
  signingKeys,
}: Pick<Core, 'clock' | 'ids' | 'settings'> & { readonly signingKeys: SigningKeys }): AccessTokens {
  const issuer = settings.publicUrl + settings.basePath
  const audience = settings.accessToken.audience === '' ? settings.publicUrl : settings.accessToken.audience
  const ttlSeconds = Math.floor(settings.accessToken.ttlMs / 1_000)
  return {
    async issue(session) {
      const key = await signingKeys.current()
      const now = Math.floor(clock.now() / 1_000)
      // Never beyond the session itself.
      const expiresAt = Math.min(now + ttlSeconds, Math.floor(session.expiresAt / 1_000))
      const head = encode({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
      const body = encode({
        iss: issuer,
        aud: audience,
        sub: session.userId,
        sid: session.id,
        jti: ids.next(),
        iat: now,
        exp: expiresAt,
        aal: session.aal,
        amr: [...new Set(session.amr.map((entry) => entry.amr))],
        auth_time: authTimeOf(session),
      })
      const signature = sign('sha256', toUtf8(`${head}.${body}`), { key: key.privateKey(), dsaEncoding: 'ieee-p1363' })
      return { token: `${head}.${body}.${toBase64Url(signature)}`, expiresInSeconds: Math.max(0, expiresAt - now) }
    },

    async verify(token) {
      const parts = token.split('.')
      const [head, body, signatureText] = parts
      if (token.length > 4_096 || parts.length !== 3 || head === undefined || body === undefined)
        return { ok: false, reason: 'malformed' }
      const header = decode(head)
      const signature = fromBase64Url(signatureText ?? '')
      if (header === undefined || signature?.length !== 64) return { ok: false, reason: 'malformed' }
      // RFC 8725 3.1, 3.11: algorithm and type are ours to fix; jku, jwk, x5u and crit are never read.
      if (header['typ'] !== 'at+jwt' || header['alg'] !== 'ES256' || 'crit' in header)
        return { ok: false, reason: 'wrong_type' }
      const kid = header['kid']
      const key = typeof kid === 'string' ? await signingKeys.find(kid) : undefined
      if (key === undefined) return { ok: false, reason: 'unknown_key' }
      const signed = verify(
        'sha256',
        toUtf8(`${head}.${body}`),
        { key: key.publicKey, dsaEncoding: 'ieee-p1363' },
        signature,
      )
      if (!signed) return { ok: false, reason: 'bad_signature' }

      const claims = decode(body)
      if (claims === undefined) return { ok: false, reason: 'malformed' }
      if (claims['iss'] !== issuer || claims['aud'] !== audience) return { ok: false, reason: 'wrong_issuer' }
      const { exp, iat, nbf = iat, auth_time: authTime, sub, sid } = claims
      const now = Math.floor(clock.now() / 1_000)
      if (!isSeconds(exp) || !isSeconds(iat) || !isSeconds(nbf) || !isSeconds(authTime))
        return { ok: false, reason: 'malformed' }
      if (exp <= now || Math.max(iat, nbf) > now + skewSeconds) return { ok: false, reason: 'expired' }
      const userId = typeof sub === 'string' ? parseUserId(sub) : undefined
      const sessionId = typeof sid === 'string' ? parseSessionId(sid) : undefined
      return userId === undefined || sessionId === undefined
        ? { ok: false, reason: 'malformed' }
        : { ok: true, userId, sessionId, authTime }
    },
  }
}

/**
 * A session that authenticated again goes on under new tokens; an older access token names the earlier time and is not one of them (ASVS 7.2.4). OIDC Core
 * section 2 has seconds: two authentications within one are one.
 */
export function authTimeOf({ authenticatedAt }: Pick<Session, 'authenticatedAt'>): number {
  return Math.floor(authenticatedAt / 1_000)
}

function isSeconds(claim: unknown): claim is number {
  return Number.isSafeInteger(claim)
}

function encode(value: Readonly<Record<string, unknown>>): string {
  return toBase64Url(toUtf8(JSON.stringify(value)))
}

/** Claims as they came; only what is read by name here is looked at. */
interface Claims {
  readonly [name: string]: unknown
  readonly exp?: unknown
  readonly iat?: unknown
  readonly nbf?: unknown
  readonly auth_time?: unknown
  readonly sub?: unknown
  readonly sid?: unknown
}

function decode(text: string): Claims | undefined {
  const bytes = fromBase64Url(text)
  if (bytes === undefined) return undefined
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
