import type { LinkingPolicy } from '../../methods/oauth/options.ts'
import { redact, type Redacted } from '../../platform/redacted.ts'
import type { ConfigKey } from './config-key.ts'
import { oneOf, secretText, text, type Kind } from './kind.ts'

/** Sign-in through other providers. Each that has an id and a secret gets a button. */
export interface OAuthValues {
  readonly googleClientId: string | null
  readonly googleClientSecret: Redacted | null
  readonly githubClientId: string | null
  readonly githubClientSecret: Redacted | null
  readonly microsoftClientId: string | null
  readonly microsoftClientSecret: Redacted | null
  readonly microsoftTenant: string
  readonly gitlabClientId: string | null
  readonly gitlabClientSecret: Redacted | null
  readonly gitlabIssuer: string
  readonly discordClientId: string | null
  readonly discordClientSecret: Redacted | null
  readonly oidcProviders: readonly OidcProviderValue[]
  readonly oauthLinking: LinkingPolicy
  readonly oauthTrusted: readonly string[]
  readonly oauthUnsafePrivateNetwork: string | null
}

export interface OidcProviderValue {
  readonly id: string
  readonly name: string | null
  readonly issuer: string | null
  readonly clientId: string | null
  readonly clientSecret: Redacted | null
}

/** As a configuration file writes it. */
export interface OidcProviderInput {
  readonly id: string
  readonly name?: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

const names: Kind<readonly string[]> = {
  wanted: 'ids of providers, separated by commas',
  parse(input) {
    const items: readonly unknown[] | undefined = typeof input === 'string' ? input.split(',') : listOf(input)
    const ids = items?.map((item) => (typeof item === 'string' ? item.trim() : ''))
    return ids?.every((id) => /^[a-z0-9-]{1,32}$/.test(id)) === true ? ids : undefined
  },
  show: (ids) => ids.join(','),
}

const oidcProviders: Kind<readonly OidcProviderValue[]> = {
  wanted: 'OpenID Connect providers',
  parse(input) {
    const parsed = listOf(input)?.map(parseProvider)
    return parsed?.every((provider) => provider !== undefined) === true ? parsed : undefined
  },
  show: (providers) => providers.map(({ id }) => id).join(','),
}

function listOf(input: unknown): readonly unknown[] | undefined {
  return Array.isArray(input) ? (input as readonly unknown[]) : undefined
}

/** What is missing is said later, by the name of the variable. */
function parseProvider(input: unknown): OidcProviderValue | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const given = new Map<string, unknown>(Object.entries(input))
  const read = (name: string): string | null => {
    const value = given.get(name)
    return typeof value === 'string' && value !== '' ? value : null
  }
  const known = ['id', 'name', 'issuer', 'clientId', 'clientSecret']
  const id = read('id')
  if (id === null || [...given.keys()].some((name) => !known.includes(name))) return undefined
  const clientSecret = read('clientSecret')
  return {
    id,
    name: read('name'),
    issuer: read('issuer'),
    clientId: read('clientId'),
    clientSecret: clientSecret === null ? null : redact(clientSecret),
  }
}

const oidcParts: Readonly<Record<string, string>> = {
  ISSUER: 'issuer',
  CLIENT_ID: 'clientId',
  CLIENT_SECRET: 'clientSecret',
  DISPLAY_NAME: 'name',
}

/** `OIDC_ACME_ISSUER`, `OIDC_ACME_CLIENT_ID`, … → the provider `acme`. */
function gatherOidc(environment: Readonly<Record<string, string | undefined>>): unknown {
  const found = new Map<string, Record<string, string>>()
  for (const [variable, value] of Object.entries(environment)) {
    const [, name, part = ''] = /^OIDC_([A-Z0-9_]+)_(ISSUER|CLIENT_ID|CLIENT_SECRET|DISPLAY_NAME)$/.exec(variable) ?? []
    const key = oidcParts[part]
    if (name === undefined || key === undefined || value === undefined || value === '') continue
    const id = name.toLowerCase().replaceAll('_', '-')
    found.set(id, { id, ...found.get(id), [key]: value })
  }
  return found.size === 0 ? undefined : [...found.values()]
}

function clientId(variable: string, where: string): ConfigKey<string | null> {
  return { variable, kind: text, fallback: null, help: `Client id of the registration at ${where}.` }
}

function clientSecret(variable: string): ConfigKey<Redacted | null> {
  return { variable, kind: secretText, fallback: null, help: 'Its secret.', secret: true }
}

export const oauthKeys: { readonly [Name in keyof OAuthValues]: ConfigKey<OAuthValues[Name]> } = {
  googleClientId: clientId('GOOGLE_CLIENT_ID', 'Google'),
  googleClientSecret: clientSecret('GOOGLE_CLIENT_SECRET'),
  githubClientId: clientId('GITHUB_CLIENT_ID', 'GitHub'),
  githubClientSecret: clientSecret('GITHUB_CLIENT_SECRET'),
  microsoftClientId: clientId('MICROSOFT_CLIENT_ID', 'Microsoft Entra'),
  microsoftClientSecret: clientSecret('MICROSOFT_CLIENT_SECRET'),
  microsoftTenant: {
    variable: 'MICROSOFT_TENANT',
    kind: text,
    fallback: 'common',
    help: 'Who may sign in: `common`, `organizations`, `consumers`, or the id of one tenant.',
  },
  gitlabClientId: clientId('GITLAB_CLIENT_ID', 'GitLab'),
  gitlabClientSecret: clientSecret('GITLAB_CLIENT_SECRET'),
  gitlabIssuer: {
    variable: 'GITLAB_ISSUER',
    kind: text,
    fallback: 'https://gitlab.com',
    help: 'Address of an instance of your own.',
  },
  discordClientId: clientId('DISCORD_CLIENT_ID', 'Discord'),
  discordClientSecret: clientSecret('DISCORD_CLIENT_SECRET'),
  oidcProviders: {
    variable: 'OIDC_<NAME>_ISSUER, …_CLIENT_ID, …_CLIENT_SECRET, …_DISPLAY_NAME',
    gather: gatherOidc,
    kind: oidcProviders,
    fallback: [],
    fallbackText: 'none',
    help: 'OpenID Connect providers by discovery, any number: `OIDC_ACME_ISSUER=https://id.acme.example` makes the provider `acme`. In the file a list of `{ id, issuer, clientId, clientSecret, name? }`.',
    secret: true,
  },
  oauthLinking: {
    variable: 'LATCHKEY_OAUTH_LINKING',
    kind: oneOf('confirm', 'trusted', 'never'),
    fallback: 'confirm',
    help: 'What happens when an unknown identity comes with the address of an account: the account is proved first; a trusted provider that vouches for the address links at once; or it is bound in the account alone.',
  },
  oauthTrusted: {
    variable: 'LATCHKEY_OAUTH_TRUSTED',
    kind: names,
    fallback: [],
    fallbackText: 'none',
    help: 'Providers whose word about an address is enough to link under `trusted`.',
  },
  oauthUnsafePrivateNetwork: {
    variable: 'LATCHKEY_OAUTH_UNSAFE_PRIVATE_NETWORK',
    kind: text,
    fallback: null,
    help: 'The reason why GitLab and OpenID Connect providers may live in a private network or on this machine. Their metadata can then name any address in it.',
  },
}
