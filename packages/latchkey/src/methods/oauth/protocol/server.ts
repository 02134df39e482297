import {
  allowInsecureRequests,
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  type AuthorizationServer,
} from 'oauth4webapi'
import { hourMs, type Clock } from '../../../platform/clock.ts'
import type { GuardedFetch } from '../../../platform/guarded-fetch.ts'
import type { Provider, ServerMetadata } from '../provider.ts'
import { failureOf, refused, type ProviderRefusal } from './failure.ts'

export type ServerResult = { readonly ok: true; readonly server: AuthorizationServer } | ProviderRefusal

/** Asymmetric and not broken (RFC 8725 sections 3.1, 3.2): no `none`, no HMAC under a secret that the provider shares with us. */
const acceptableAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']
const acceptableCurves = ['EdDSA', 'Ed25519']

/** How all requests to a provider leave: guarded, and never through the global fetch. */
export interface Outgoing {
  readonly [customFetch]: (
    url: string,
    init: {
      readonly method: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: URLSearchParams | undefined
    },
  ) => Promise<Response>
  readonly [allowInsecureRequests]: boolean
}

export function outgoingBy(fetch: GuardedFetch): Outgoing {
  return {
    [customFetch]: (url, { method, headers, body }) =>
      fetch(url, {
        method: method === 'POST' ? 'POST' : 'GET',
        headers,
        ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
      }),
    // Which URLs are secure enough is decided in one place, by the guarded fetch.
    [allowInsecureRequests]: true,
  }
}

/** Finds the endpoints of a provider. Discovered ones are kept for an hour; one request at a time asks for them. */
export function createServerFinder(
  provider: Provider,
  { fetch, clock }: { readonly fetch: GuardedFetch; readonly clock: Clock },
): () => Promise<ServerResult> {
  if (provider.server !== 'discover') {
    const known = judgeServer(provider, { ...provider.server, issuer: provider.issuer })
    return () => Promise.resolve(known)
  }
  let kept: { readonly result: ServerResult; readonly until: number } | undefined
  let pending: Promise<ServerResult> | undefined
  return async () => {
    if (kept !== undefined && kept.until > clock.now()) return kept.result
    pending ??= discover(provider, fetch).finally(() => {
      pending = undefined
    })
    const result = await pending
    // A refusal is asked again the next time: somebody may be repairing it.
    if (result.ok) kept = { result, until: clock.now() + hourMs }
    return result
  }
}

async function discover(provider: Provider, fetch: GuardedFetch): Promise<ServerResult> {
  try {
    const issuer = new URL(provider.issuer)
    const response = await discoveryRequest(issuer, outgoingBy(fetch))
    return judgeServer(provider, await processDiscoveryResponse(issuer, response))
  } catch (error) {
    return refused(failureOf(error))
  }
}

/** Decides whether this metadata may be used. Of a discovered document only the members below are believed. */
export function judgeServer(provider: Provider, found: ServerMetadata | AuthorizationServer): ServerResult {
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = found
  // OIDC Discovery 4.3: exactly the issuer that was asked for; a slash more is another one (ASVS 10.5.3).
  if (!('issuer' in found) || found.issuer !== provider.issuer) return refused('metadata_refused')
  if (!isEndpoint(authorization_endpoint, provider) || !isEndpoint(token_endpoint, provider))
    return refused('metadata_refused')
  if (provider.protocol === 'oidc' && !isEndpoint(jwks_uri, provider)) return refused('metadata_refused')
  // OIDC Core 3.1.3.7 (7): RS256 unless something else was agreed.
  const offered = found.id_token_signing_alg_values_supported ?? ['RS256']
  const algorithms = offered.filter((name) => acceptableAlgorithms.includes(name) || acceptableCurves.includes(name))
  if (algorithms.length === 0) return refused('metadata_refused')
  const issuesIss = found.authorization_response_iss_parameter_supported === true
  return {
    ok: true,
    server: {
      issuer: provider.issuer,
      authorization_endpoint,
      token_endpoint,
      ...(jwks_uri === undefined ? {} : { jwks_uri }),
      ...(isEndpoint(userinfo_endpoint, provider) ? { userinfo_endpoint } : {}),
      id_token_signing_alg_values_supported: algorithms,
      authorization_response_iss_parameter_supported: issuesIss,
      ...('token_endpoint_auth_methods_supported' in found && Array.isArray(found.token_endpoint_auth_methods_supported)
        ? { token_endpoint_auth_methods_supported: found.token_endpoint_auth_methods_supported }
        : {}),
    },
  }
}

/** The authorization endpoint is opened by browsers, so it is judged here; the others once more by the guarded fetch. */
function isEndpoint(url: string | undefined, { privateNetwork }: Provider): url is string {
  if (url === undefined || !URL.canParse(url)) return false
  const { protocol, username, password, hash } = new URL(url)
  const isSecure = protocol === 'https:' || (privateNetwork && protocol === 'http:')
  return isSecure && username === '' && password === '' && hash === ''
}
