import { redact, type Redacted } from '../../platform/redacted.ts'
import type { Claims, ProfileParts } from './protocol/profile.ts'

/** What the registration of an application at a provider gives, and what is wanted from it. */
export interface ProviderOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** Scopes beside those that a sign-in needs, e.g. to call the provider's API with `storeTokens`. Default none (ASVS 10.2.3). */
  readonly scopes?: readonly string[]
  /** Under the linking policy `trusted`: an address that this provider vouches for links at once. Default false. */
  readonly trusted?: boolean
  /** What stands on the button. */
  readonly name?: string
}

/** Options of providers that one runs oneself, or whose operator is chosen. */
export interface OwnProviderOptions extends ProviderOptions {
  /**
   * Lets the provider live on this machine or in a private network, and on plain HTTP at `localhost`.
   *
   * @deprecated only for a provider inside your own network: its metadata can then name any address in it
   */
  readonly unsafePrivateNetwork?: { readonly reason: string }
  /**
   * Takes every address of this provider as verified, though it does not say so.
   *
   * @deprecated only where the provider is your own directory and nobody in it can choose an address
   */
  readonly unsafeAssumeEmailVerified?: { readonly reason: string }
}

/** Somebody else's authorization server, as far as it is known before it is asked. Data; what talks to it is in `protocol/`. */
export interface ProviderSpec {
  /** Segment of the paths and name in the audit log. */
  readonly id: string
  readonly name: string
  /** Pinned: identities belong to it, answers and tokens must name it (RFC 9207, OIDC Core 3.1.3.7). */
  readonly issuer: string
  /** `oidc` gives an ID token, `oauth2` is asked for the profile. */
  readonly protocol: 'oidc' | 'oauth2'
  /** Known endpoints, or `discover`. */
  readonly server: ServerMetadata | 'discover'
  readonly scopes: readonly string[]
  readonly clientAuthentication: 'basic' | 'post' | 'discovered'
  /** Further parameters of the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /** Where the profile of an `oauth2` provider is read, with the access token; the answers go to `profileOf` in this order. */
  readonly profileUrls?: readonly string[]
  /** Which claims or answers make the profile. */
  profileOf(answers: readonly unknown[]): ProfileParts
  /** One issuer a tenant: the issuer that the tokens of this tenant must name, or `undefined` for tenants that may not sign in. */
  readonly tenantIssuer?: (claims: Claims) => string | undefined
}

/** RFC 8414 and OIDC Discovery, the members that are used. */
export interface ServerMetadata {
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly jwks_uri?: string
  readonly userinfo_endpoint?: string
  readonly authorization_response_iss_parameter_supported?: boolean
  readonly id_token_signing_alg_values_supported?: readonly string[]
}

/** A provider with the application's own registration. */
export interface Provider extends ProviderSpec {
  readonly clientId: string
  readonly clientSecret: Redacted
  readonly trusted: boolean
  readonly privateNetwork: boolean
  readonly assumeEmailVerified: boolean
}

/** @throws TypeError when something that a provider needs is missing or cannot be right */
export function defineProvider(spec: ProviderSpec, options: OwnProviderOptions): Provider {
  const { clientId, clientSecret, scopes = [], trusted = false, name = spec.name } = options
  const wrong = (what: string): never => {
    throw new TypeError(`provider ${spec.id}: ${what}`)
  }
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(spec.id)) wrong('id must be 1 to 32 of a-z, 0-9 and -')
  if (!isVisible(clientId)) wrong('clientId must be 1 to 512 visible characters')
  if (!isVisible(clientSecret)) wrong('clientSecret must be 1 to 512 visible characters')
  if (!scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) wrong('scopes must be names (RFC 6749 3.3)')
  if (!/^[^\r\n\0]{1,64}$/.test(name)) wrong('name must be 1 to 64 characters on one line')
  return {
    ...spec,
    name,
    scopes: [...new Set([...spec.scopes, ...scopes])],
    clientId,
    clientSecret: redact(clientSecret),
    trusted,
    privateNetwork: options.unsafePrivateNetwork !== undefined,
    assumeEmailVerified: options.unsafeAssumeEmailVerified !== undefined,
  }
}

function isVisible(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text)
}
