import type { Clock } from '../platform/clock.ts'
import type { AccessTokens } from '../session/access-token.ts'
import { publicSession } from '../session/public-session.ts'
import type { SessionSecrets } from '../session/session-secrets.ts'
import type { Session } from '../session/session.ts'
import type { Answer } from './route.ts'
import { tokensOf } from './sign-in-answer.ts'

/** `200` of a route after which the caller's session goes on under new secrets: a new cookie, or a new pair of tokens beside `body`. */
export async function renewedSessionAnswer(
  { accessTokens, clock }: { readonly accessTokens: AccessTokens; readonly clock: Clock },
  { session, secrets }: { readonly session: Session; readonly secrets: SessionSecrets },
  body: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const told = { ...body, session: publicSession(session) }
  if (secrets.mode === 'token') {
    const tokens = await tokensOf(accessTokens, session, secrets.refreshToken)
    return { ok: true, status: 200, body: { ...told, tokens } }
  }
  const maxAgeSeconds = Math.ceil((session.expiresAt - clock.now()) / 1_000)
  return { ok: true, status: 200, body: told, cookies: { session: { value: secrets.sessionToken, maxAgeSeconds } } }
}
