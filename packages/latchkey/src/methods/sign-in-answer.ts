import type { AccessTokens } from '../session/access-token.ts'
import { publicSession } from '../session/public-session.ts'
import type { Session } from '../session/session.ts'
import type { SignInRejection, SignInResult } from '../sign-in/sign-in-result.ts'
import { publicUser } from '../user/user.ts'
import type { ProblemCode } from './problem.ts'
import type { Answer, CookieEffects } from './route.ts'

/** The wire shape of every sign-in step (http.md), the one place where results become answers. */
export async function signInAnswer(
  ports: { readonly accessTokens: AccessTokens },
  result: SignInResult,
): Promise<Answer> {
  if (!result.ok) return rejectedSignIn(result.reason, result.retryAfterSeconds)
  if (result.status === 'needs_factor') {
    return {
      ok: true,
      status: 200,
      body: {
        status: 'needs_factor',
        attempt: result.attempt,
        factors: result.factors,
        ...(result.sentTo === null ? {} : { sentTo: result.sentTo }),
      },
      ...(result.binding === null
        ? {}
        : { cookies: { binding: { value: result.binding, maxAgeSeconds: Math.ceil(result.bindingTtlMs / 1_000) } } }),
    }
  }
  const { user, session, secrets, device } = result
  const body = { status: 'signed_in', user: publicUser(user), session: publicSession(session) }
  if (secrets.mode === 'token') {
    const tokens = await tokensOf(ports.accessTokens, session, secrets.refreshToken)
    return { ok: true, status: 200, body: { ...body, tokens, ...(device === null ? {} : { device }) } }
  }
  const cookies: CookieEffects = {
    session: {
      value: secrets.sessionToken,
      maxAgeSeconds: Math.ceil((session.expiresAt - session.authenticatedAt) / 1_000),
    },
    binding: null,
    ...(device === null ? {} : { device: { value: device, maxAgeSeconds: deviceCookieSeconds } }),
  }
  return { ok: true, status: 200, body, cookies }
}

/** Browsers cap cookies at 400 days (RFC 6265bis); the row ends earlier. */
const deviceCookieSeconds = 365 * 24 * 3_600

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  readonly expiresIn: number
}

export async function tokensOf(accessTokens: AccessTokens, session: Session, refreshToken: string): Promise<Tokens> {
  const { token, expiresInSeconds } = await accessTokens.issue(session)
  return { accessToken: token, refreshToken, tokenType: 'Bearer', expiresIn: expiresInSeconds }
}

/** Reason inside → code outside. Unknown address, wrong password and blocked account read the same, byte for byte. */
const publicCodes: { readonly [Reason in SignInRejection]: ProblemCode } = {
  unknown_address: 'invalid_credentials',
  no_password: 'invalid_credentials',
  wrong_password: 'invalid_credentials',
  blocked: 'invalid_credentials',
  over_limit: 'rate_limited',
  attempt_over: 'attempt_over',
  wrong_code: 'wrong_code',
  code_expired: 'wrong_code',
  code_required: 'code_required',
  factor_not_accepted: 'attempt_over',
  second_factor_missing: 'second_factor_missing',
}

export function rejectedSignIn(reason: SignInRejection, retryAfterSeconds: number): Answer {
  return { ok: false, problem: publicCodes[reason], ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) }
}
