import { appendEvent } from '../../audit/append-event.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import type { OAuthStateData } from '../../challenge/challenge-data.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { ceremonyCharges } from '../../throttle/charges.ts'
import type { SessionMode } from '../../session/session.ts'
import type { User } from '../../user/user.ts'
import { recordFailure } from './record-failure.ts'
import { stateTtlMs } from './options.ts'
import { authorizationUrl } from './protocol/authorization-url.ts'
import type { ProviderClient } from './protocol/client.ts'
import type { ProviderFailure } from './protocol/failure.ts'
import { codeChallengeOf, mintCodeVerifier } from './protocol/pkce.ts'

export interface StartAuthorization {
  readonly client: ProviderClient
  readonly redirectTo: string | null
  readonly mode: SessionMode
  /** A signed-in person who binds an identity; `null` for a sign-in. */
  readonly link: (NonNullable<OAuthStateData['link']> & { readonly user: User }) | null
  /** The binding cookie that this browser has: a second tab goes on with it. */
  readonly binding: string | undefined
}

export type StartAuthorizationResult =
  | {
      readonly ok: true
      readonly url: string
      /** For the cookie of this browser; in token mode for the body, where it is called `attempt`. */
      readonly binding: string
      readonly bindingTtlMs: number
    }
  | { readonly ok: false; readonly reason: 'over_limit' | ProviderFailure; readonly retryAfterSeconds: number }

/**
 * Sends a browser to a provider. State, nonce and PKCE verifier are of this one request (RFC 9700 section 2.1.1); they wait, sealed, in a challenge whose
 * handle is the state and which only the browser with the binding cookie can use (ASVS 10.1.2). In token mode another browser may come back; then what it
 * brings opens only for the client that has the attempt.
 */
export async function startAuthorization(
  core: Core,
  context: RequestContext,
  { client, redirectTo, mode, link, binding: held }: StartAuthorization,
): Promise<StartAuthorizationResult> {
  const { store, clock, keys, random } = core
  const { provider } = client
  const now = clock.now()
  const charged = await store.charge(ceremonyCharges(core, context), now)
  if (!charged.ok) return refuse('over_limit', charged.retryAfterSeconds)
  const found = await client.findServer()
  if (!found.ok) return refuse(found.reason)
  const codeVerifier = mintCodeVerifier(random)
  const nonce = mintCodeVerifier(random)
  const attempt = mode === 'token' ? keys.mintToken('binding').token : null
  const issued = issueChallenge(core, {
    purpose: 'oauth-state',
    userId: link?.userId ?? null,
    account: keys.pseudonym('oauth-state', provider.id),
    mode,
    heldBinding: held,
    ttlMs: stateTtlMs,
    code: 'none',
    data: {
      provider: provider.id,
      nonce,
      codeVerifier,
      mode,
      redirectTo,
      chargedAt: now,
      attempt,
      link: link === null ? null : { userId: link.userId, sessionId: link.sessionId },
    },
  })
  await store.commit(
    [
      issued.write,
      appendEvent(core, context, {
        kind: 'oauth.started',
        user: link?.user,
        data: { provider: provider.id, for: link === null ? 'sign-in' : 'link' },
      }),
    ],
    now,
  )
  const url = authorizationUrl(
    provider,
    { authorization_endpoint: found.server.authorization_endpoint ?? '' },
    {
      redirectUri: redirectUriOf(core, provider.id),
      state: issued.handle,
      nonce,
      codeChallenge: codeChallengeOf(codeVerifier),
    },
  )
  return { ok: true, url, binding: attempt ?? issued.binding ?? held ?? '', bindingTtlMs: stateTtlMs }

  async function refuse(
    reason: 'over_limit' | ProviderFailure,
    retryAfterSeconds = 0,
  ): Promise<StartAuthorizationResult> {
    await recordFailure(core, context, { provider: provider.id, reason, user: link?.user })
    return { ok: false, reason, retryAfterSeconds }
  }
}

/** Each provider has an address of its own (RFC 9700 section 4.4.2), from the configuration alone (design rule 7). */
export function redirectUriOf({ settings }: Pick<Core, 'settings'>, providerId: string): string {
  const { publicUrl, basePath } = settings
  return `${publicUrl}${basePath === '/' ? '' : basePath}/sign-in/oauth/${providerId}/callback`
}
