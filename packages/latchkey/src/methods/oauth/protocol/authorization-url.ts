import type { Provider, ServerMetadata } from '../provider.ts'

export interface AuthorizationRequest {
  readonly redirectUri: string
  readonly state: string
  /** Only for OpenID Connect (Core 3.1.2.1). */
  readonly nonce: string
  readonly codeChallenge: string
}

/** Where the browser goes (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
export function authorizationUrl(
  provider: Pick<Provider, 'protocol' | 'clientId' | 'scopes' | 'authorizationParameters'>,
  { authorization_endpoint }: Pick<ServerMetadata, 'authorization_endpoint'>,
  { redirectUri, state, nonce, codeChallenge }: AuthorizationRequest,
): string {
  const url = new URL(authorization_endpoint)
  const parameters = {
    ...provider.authorizationParameters,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri,
    scope: provider.scopes.join(' '),
    state,
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    ...(provider.protocol === 'oidc' ? { nonce } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}
