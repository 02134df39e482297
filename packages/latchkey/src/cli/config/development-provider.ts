import { defineProvider, type Provider } from '../../methods/oauth/provider.ts'
import { asClaims } from '../../methods/oauth/protocol/profile.ts'

export interface DevelopmentProviderOptions {
  /** Where the server itself answers; the provider lives below `/dev/provider`. */
  readonly publicUrl: string
  /** Random, made by the process that is both sides. */
  readonly clientSecret: string
}

/**
 * The server as its own provider, so that the button works without any registration: whoever sits at this machine types whom they want to be. It
 * vouches for whatever it is told, so it exists under `--dev` alone (design rule 16).
 */
export function developmentProvider({ publicUrl, clientSecret }: DevelopmentProviderOptions): Provider {
  const base = `${publicUrl}/dev/provider`
  return defineProvider(
    {
      id: 'dev',
      name: 'Latchkey Dev',
      issuer: base,
      protocol: 'oauth2',
      server: {
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        authorization_response_iss_parameter_supported: true,
      },
      scopes: ['profile'],
      clientAuthentication: 'post',
      profileUrls: [`${base}/profile`],
      profileOf([person]) {
        const { id, email, verified, name } = asClaims(person)
        return { subject: id, email, emailVerified: verified === true, name }
      },
    },
    {
      clientId: 'latchkey-dev',
      clientSecret,
      unsafePrivateNetwork: { reason: 'the provider is this very process' },
    },
  )
}
