import { defineProvider, type OwnProviderOptions, type Provider } from '../provider.ts'
import { profileOfClaims, type Claims } from '../protocol/profile.ts'

export interface MicrosoftOptions extends OwnProviderOptions {
  /** `common`, `organizations`, `consumers`, or the id of one tenant. Default `common`. */
  readonly tenant?: string
}

/** The tenant of all personal accounts. */
const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
const base = 'https://login.microsoftonline.com'
const tenantId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Sign in with Microsoft (Entra ID and personal accounts).
 *
 * Security: each tenant is an issuer of its own, so an identity belongs to its tenant. The administrator of any tenant can write any address into
 * `email` ("nOAuth"), so an address from Microsoft counts as not verified and is proved by a code.
 * https://learn.microsoft.com/entra/identity-platform/claims-validation
 *
 * @example oauth({ providers: [microsoft({ tenant: 'organizations', clientId, clientSecret })] })
 */
export function microsoft({ tenant = 'common', ...options }: MicrosoftOptions): Provider {
  const isOne = tenantId.test(tenant)
  if (!isOne && !['common', 'organizations', 'consumers'].includes(tenant))
    throw new TypeError('provider microsoft: tenant must be common, organizations, consumers or the id of a tenant')
  if (!isOne && options.unsafeAssumeEmailVerified !== undefined)
    throw new TypeError('provider microsoft: addresses of any tenant cannot be taken as verified; name one tenant')
  return defineProvider(
    {
      id: 'microsoft',
      name: 'Microsoft',
      issuer: `${base}/${tenant}/v2.0`,
      protocol: 'oidc',
      server: {
        authorization_endpoint: `${base}/${tenant}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/${tenant}/oauth2/v2.0/token`,
        jwks_uri: `${base}/${tenant}/discovery/v2.0/keys`,
        userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
      },
      scopes: ['openid', 'email', 'profile'],
      clientAuthentication: 'post',
      profileOf: ([claims]) => ({ ...profileOfClaims([claims]), emailVerified: false }),
      ...(isOne ? {} : { tenantIssuer: (claims: Claims) => issuerOf(tenant, claims['tid']) }),
    },
    options,
  )
}

/** The template `{tenantid}` of Microsoft's metadata, filled with nothing but the id of a tenant that may sign in here. */
function issuerOf(tenant: string, tid: unknown): string | undefined {
  if (typeof tid !== 'string' || !tenantId.test(tid)) return undefined
  const isConsumer = tid === consumerTenant
  if (tenant === 'organizations' && isConsumer) return undefined
  if (tenant === 'consumers' && !isConsumer) return undefined
  return `${base}/${tid}/v2.0`
}
