import type { Provider, ProviderOptions } from '../../methods/oauth/provider.ts'
import { discord } from '../../methods/oauth/providers/discord.ts'
import { github } from '../../methods/oauth/providers/github.ts'
import { gitlab } from '../../methods/oauth/providers/gitlab.ts'
import { google } from '../../methods/oauth/providers/google.ts'
import { microsoft } from '../../methods/oauth/providers/microsoft.ts'
import { oidc } from '../../methods/oauth/providers/oidc.ts'
import { reveal, type Redacted } from '../../platform/redacted.ts'
import type { OAuthValues } from './oauth-keys.ts'

/** The providers of the configuration, in the order of their buttons. What is not complete is left out; `oauthProblems` names it. */
export function oauthProvidersOf(values: OAuthValues): readonly Provider[] {
  return candidates(values).flatMap((candidate) => {
    const options = optionsOf(values, candidate)
    return options === undefined ? [] : [candidate.make(options)]
  })
}

/** What is missing or cannot be right, by the names of the variables and never with a secret. */
export function oauthProblems(values: OAuthValues): readonly string[] {
  const problems: string[] = []
  for (const candidate of candidates(values)) {
    const { prefix, parts } = candidate
    const missing = Object.entries(parts).filter(([, value]) => value === null)
    if (missing.length === Object.keys(parts).length) continue
    for (const [part] of missing) problems.push(`${prefix}_${part} is missing, and ${prefix}_… is set otherwise.`)
    const options = missing.length === 0 ? optionsOf(values, candidate) : undefined
    const wrong = options === undefined ? undefined : messageOf(() => candidate.make(options))
    if (wrong !== undefined) problems.push(`${prefix}_…: ${wrong}.`)
  }
  const ids = candidates(values).map(({ id }) => id)
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index)))
    problems.push(`OIDC_…: the name ${id} is taken.`)
  for (const id of values.oauthTrusted)
    if (!ids.includes(id)) problems.push(`LATCHKEY_OAUTH_TRUSTED names ${id}, which is no provider here.`)
  return problems
}

interface Candidate {
  readonly id: string
  /** Of its variables. */
  readonly prefix: string
  /** By the rest of the variable's name. */
  readonly parts: Readonly<Record<string, string | Redacted | null>> & {
    readonly CLIENT_ID: string | null
    readonly CLIENT_SECRET: Redacted | null
  }
  make(options: ProviderOptions): Provider
}

function candidates(values: OAuthValues): readonly Candidate[] {
  const reason = values.oauthUnsafePrivateNetwork
  const own = reason === null ? {} : { unsafePrivateNetwork: { reason } }
  const { microsoftTenant: tenant, gitlabIssuer } = values
  return [
    named('google', values.googleClientId, values.googleClientSecret, google),
    named('github', values.githubClientId, values.githubClientSecret, github),
    named('microsoft', values.microsoftClientId, values.microsoftClientSecret, (options) =>
      microsoft({ ...options, tenant }),
    ),
    named('gitlab', values.gitlabClientId, values.gitlabClientSecret, (options) =>
      gitlab({ ...options, ...own, issuer: gitlabIssuer }),
    ),
    named('discord', values.discordClientId, values.discordClientSecret, discord),
    ...values.oidcProviders.map(({ id, name, issuer, clientId, clientSecret }) => ({
      id,
      prefix: `OIDC_${id.toUpperCase().replaceAll('-', '_')}`,
      parts: { ISSUER: issuer, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret },
      make: (options: ProviderOptions) =>
        oidc({ ...options, ...own, id, issuer: issuer ?? '', ...(name === null ? {} : { name }) }),
    })),
  ]
}

function named(
  id: string,
  clientId: string | null,
  clientSecret: Redacted | null,
  make: (options: ProviderOptions) => Provider,
): Candidate {
  return { id, prefix: id.toUpperCase(), parts: { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret }, make }
}

function optionsOf(values: OAuthValues, { id, parts }: Candidate): ProviderOptions | undefined {
  const { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = parts
  if (clientId === null || clientSecret === null || Object.values(parts).includes(null)) return undefined
  return { clientId, clientSecret: reveal(clientSecret), trusted: values.oauthTrusted.includes(id) }
}

function messageOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
}
