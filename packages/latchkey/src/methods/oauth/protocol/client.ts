import {
  authorizationCodeGrantRequest,
  ClientSecretBasic,
  ClientSecretPost,
  clockSkew,
  processAuthorizationCodeResponse,
  processRefreshTokenResponse,
  processUserInfoResponse,
  refreshTokenGrantRequest,
  userInfoRequest,
  type AuthorizationServer,
  type Client,
  type ClientAuth,
  type JWKSCacheInput,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import { systemClock, type Clock } from '../../../platform/clock.ts'
import type { GuardedFetch } from '../../../platform/guarded-fetch.ts'
import { reveal } from '../../../platform/redacted.ts'
import type { Provider } from '../provider.ts'
import { failureOf, refused, type ProviderRefusal } from './failure.ts'
import { peekClaims, verifyIdToken } from './id-token.ts'
import { asClaims, readProfile, type Claims, type ProviderProfile } from './profile.ts'
import { createServerFinder, outgoingBy, type ServerResult } from './server.ts'

/** Everything that is asked of a provider. Refusals are outcomes: a provider that is down is no fault of ours. */
export interface ProviderClient {
  readonly provider: Provider
  /** Its endpoints, discovered where they are not known. */
  findServer(): Promise<ServerResult>
  /** The code of an answer that was found to be this provider's, against who it stands for. Redeems it, once. */
  redeemCode(input: RedeemCode): Promise<RedeemResult>
  /** RFC 6749 section 6. */
  refresh(refreshToken: string): Promise<RefreshResult>
}

export interface RedeemCode {
  readonly server: AuthorizationServer
  /** From `judgeResponse`. */
  readonly parameters: URLSearchParams
  readonly redirectUri: string
  readonly codeVerifier: string
  readonly nonce: string
}

export type RedeemResult =
  | { readonly ok: true; readonly profile: ProviderProfile; readonly tokens: ProviderTokens }
  | ProviderRefusal

export type RefreshResult = { readonly ok: true; readonly tokens: ProviderTokens } | ProviderRefusal

/** What the provider's own API takes. Secrets. */
export interface ProviderTokens {
  readonly accessToken: string
  readonly refreshToken: string | null
  readonly expiresAt: number | null
  readonly scope: string | null
}

/** @example const client = createProviderClient(google({ … }), { fetch: createGuardedFetch(), clock: systemClock }) */
export function createProviderClient(
  provider: Provider,
  { fetch, clock }: { readonly fetch: GuardedFetch; readonly clock: Clock },
): ProviderClient {
  const findServer = createServerFinder(provider, { fetch, clock })
  const outgoing = outgoingBy(fetch)
  const keys: JWKSCacheInput = {}
  // The library reads the machine's clock; the engine's is the one that counts.
  const clientNow = (): Client => ({
    client_id: provider.clientId,
    [clockSkew]: Math.round((clock.now() - systemClock.now()) / 1_000),
  })

  return {
    provider,
    findServer,
    async redeemCode({ server, parameters, redirectUri, codeVerifier, nonce }) {
      const client = clientNow()
      try {
        const response = await authorizationCodeGrantRequest(
          server,
          client,
          authenticationOf(provider, server),
          parameters,
          redirectUri,
          codeVerifier,
          outgoing,
        )
        if (provider.protocol === 'oauth2') {
          const tokens = await processAuthorizationCodeResponse(server, client, response)
          const answers: unknown[] = []
          for (const url of provider.profileUrls ?? []) answers.push(await readApi(url, tokens.access_token))
          return conclude(server.issuer, answers, tokens)
        }
        const issuer = await tenantServer(server, response)
        if (issuer === undefined) return refused('wrong_issuer')
        const tokens = await processAuthorizationCodeResponse(issuer, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        })
        const verified = await verifyIdToken(provider, issuer, { tokens, response }, { outgoing, keys })
        if (!verified.ok) return verified
        const { claims } = verified
        const isComplete = claims['email'] !== undefined || issuer.userinfo_endpoint === undefined
        const said = isComplete ? claims : { ...(await readUserInfo(issuer, client, tokens, claims)), ...claims }
        return conclude(issuer.issuer, [said], tokens)
      } catch (error) {
        return refused(failureOf(error))
      }
    },
    async refresh(refreshToken) {
      const found = await findServer()
      if (!found.ok) return found
      const { server } = found
      const client = clientNow()
      try {
        const authentication = authenticationOf(provider, server)
        const response = await refreshTokenGrantRequest(server, client, authentication, refreshToken, outgoing)
        // An ID token may come along (OIDC Core 12.2); nobody signs in by it, so it is not looked at.
        const body = asClaims(
          await response
            .clone()
            .json()
            .catch(() => ({})),
        )
        const { id_token: _, ...rest } = body
        const bare = response.ok ? Response.json(rest, { status: response.status }) : response
        return { ok: true, tokens: tokensOf(await processRefreshTokenResponse(server, client, bare)) }
      } catch (error) {
        return refused(failureOf(error))
      }
    },
  }

  function conclude(issuer: string, answers: readonly unknown[], tokens: TokenEndpointResponse): RedeemResult {
    const parts = provider.profileOf(answers)
    const emailVerified = parts.emailVerified === true || provider.assumeEmailVerified
    const profile = readProfile(issuer, { ...parts, emailVerified })
    return profile === undefined ? refused('no_subject') : { ok: true, profile, tokens: tokensOf(tokens) }
  }

  function tokensOf({ access_token, refresh_token, expires_in, scope }: TokenEndpointResponse): ProviderTokens {
    return {
      accessToken: access_token,
      refreshToken: refresh_token ?? null,
      expiresAt: expires_in === undefined ? null : clock.now() + Math.floor(expires_in) * 1_000,
      scope: scope ?? null,
    }
  }

  /** With tenants, the issuer is that of the tenant which the token names, if it may sign in here; then the token is held to it. */
  async function tenantServer(
    server: AuthorizationServer,
    response: Response,
  ): Promise<AuthorizationServer | undefined> {
    if (provider.tenantIssuer === undefined) return server
    const body = asClaims(
      await response
        .clone()
        .json()
        .catch(() => ({})),
    )
    if (body['id_token'] === undefined) return server
    const issuer = provider.tenantIssuer(peekClaims(body['id_token']))
    return issuer === undefined ? undefined : { ...server, issuer }
  }

  /** OIDC Core 5.3.4: an answer about another subject is refused. */
  async function readUserInfo(
    server: AuthorizationServer,
    client: Client,
    tokens: TokenEndpointResponse,
    claims: Claims,
  ): Promise<Claims> {
    const response = await userInfoRequest(server, client, tokens.access_token, outgoing)
    return processUserInfoResponse(server, client, String(claims['sub']), response)
  }

  async function readApi(url: string, accessToken: string): Promise<unknown> {
    const response = await fetch(url, {
      headers: { accept: 'application/json', authorization: `Bearer ${accessToken}` },
    })
    // What a profile lacks shows as a missing part of it: without permission for addresses there is none.
    return response.ok ? await response.json().catch(() => undefined) : undefined
  }
}

function authenticationOf(provider: Provider, server: AuthorizationServer): ClientAuth {
  const secret = reveal(provider.clientSecret)
  const methods = server.token_endpoint_auth_methods_supported
  const isPost =
    provider.clientAuthentication === 'discovered'
      ? // OIDC Core section 9: basic unless the provider takes only the other.
        methods?.includes('client_secret_basic') === false && methods.includes('client_secret_post')
      : provider.clientAuthentication === 'post'
  return isPost ? ClientSecretPost(secret) : ClientSecretBasic(secret)
}
