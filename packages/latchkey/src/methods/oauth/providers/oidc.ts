import { defineProvider, type OwnProviderOptions, type Provider } from '../provider.ts'
import { profileOfClaims } from '../protocol/profile.ts'

export interface OidcOptions extends OwnProviderOptions {
  /** Segment of the paths, e.g. `acme`: 1 to 32 of a-z, 0-9 and -. */
  readonly id: string
  /** Exactly as the provider names itself; its metadata is read below it. */
  readonly issuer: string
  /** What stands on the button. Default the id. */
  readonly name?: string
}

/**
 * Any OpenID Connect provider, by discovery.
 *
 * Security: the issuer is pinned. Metadata that names another one is refused (OIDC Discovery 4.3), and so are keys, tokens and answers of others.
 *
 * @example oauth({ providers: [oidc({ id: 'acme', issuer: 'https://id.acme.example', clientId, clientSecret })] })
 */
export function oidc({ id, issuer, name = id, ...options }: OidcOptions): Provider {
  if (!isIssuer(issuer)) throw new TypeError(`provider ${id}: issuer must be a URL without query or fragment`)
  return defineProvider(
    {
      id,
      name,
      issuer,
      protocol: 'oidc',
      server: 'discover',
      scopes: ['openid', 'email', 'profile'],
      clientAuthentication: 'discovered',
      profileOf: profileOfClaims,
    },
    options,
  )
}

/** OIDC Discovery section 3. Short enough that issuer and subject together are a key on every database. */
function isIssuer(text: string): boolean {
  if (text.length > 256 || /[\s?#]/.test(text) || !URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}
