import { systemTimers } from '../../platform/timers.ts'
import { createGuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Method, MethodPorts } from '../method.ts'
import { checkOAuthOptions, oauthProof, type OAuthOptions } from './options.ts'
import { createProviderClient, type ProviderClient } from './protocol/client.ts'
import { readAccessToken, type AccessTokenResult } from './provider-tokens.ts'
import { oauthRoutes } from './routes.ts'

export interface OAuthMethod extends Method {
  /**
   * The provider's access token of a user, for the provider's own API, renewed where it has to be. Needs `storeTokens: true`.
   *
   * Security: a bearer secret; keep it on the server.
   *
   * @throws TypeError before `createAuth` was given this method
   * @example
   * const social = oauth({ providers: [google({ … })], storeTokens: true })
   * const auth = createAuth({ methods: [emailCode(), social], … })
   * const token = await social.accessToken(user.id, 'google')
   */
  accessToken(userId: string, provider: string): Promise<AccessTokenResult>
}

/**
 * Sign-in through other providers: OAuth 2 and OpenID Connect, code flow with PKCE.
 *
 * Security: an identity is issuer and subject. An address alone never leads into an account; see `linking`.
 *
 * @throws TypeError for options that cannot be right
 * @example
 * createAuth({
 *   methods: [emailCode(), oauth({ providers: [github({ clientId, clientSecret }), oidc({ id: 'acme', issuer, clientId, clientSecret })] })],
 *   …
 * })
 */
export function oauth(options: OAuthOptions): OAuthMethod {
  checkOAuthOptions(options)
  const { providers, linking = 'confirm', storeTokens = false } = options
  const { method: id, amr, factor, channel } = oauthProof
  let running: { readonly ports: MethodPorts; readonly clients: ReadonlyMap<string, ProviderClient> } | undefined
  return {
    id,
    amr,
    factor,
    channel,
    firstFactor: 'oauth',
    publicConfig: () => ({ providers: providers.map((provider) => ({ id: provider.id, name: provider.name })) }),
    routes(ports) {
      const clients = new Map(
        providers.map((provider) => {
          const fetch = createGuardedFetch({ allowPrivateNetwork: provider.privateNetwork })
          return [provider.id, createProviderClient(provider, { fetch, clock: ports.clock })] as const
        }),
      )
      running = { ports, clients }
      return oauthRoutes(ports, { clients, linking, storeTokens })
    },
    accessToken(userId, provider) {
      if (running === undefined) throw new TypeError('oauth: createAuth has not been given this method yet')
      return readAccessToken({ ...running.ports, timers: systemTimers }, running.clients, { userId, provider })
    },
  }
}
