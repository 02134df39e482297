import { defineProvider, type Provider, type ProviderOptions } from '../provider.ts'
import { asClaims, profileOfClaims } from '../protocol/profile.ts'

/**
 * Sign in with Google.
 *
 * Security: Google speaks for an address only where it runs the mailbox: `@gmail.com`, or a Workspace domain (`hd`). Any other address was proved to
 * Google once and may have changed hands since, so it counts as not verified and is proved by a code.
 * https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 *
 * @example oauth({ providers: [google({ clientId: env.GOOGLE_CLIENT_ID, clientSecret: env.GOOGLE_CLIENT_SECRET })] })
 */
export function google(options: ProviderOptions): Provider {
  return defineProvider(
    {
      id: 'google',
      name: 'Google',
      issuer: 'https://accounts.google.com',
      protocol: 'oidc',
      server: {
        authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
        token_endpoint: 'https://oauth2.googleapis.com/token',
        jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
        userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
      },
      scopes: ['openid', 'email', 'profile'],
      clientAuthentication: 'post',
      profileOf([claims]) {
        const { email, hd } = asClaims(claims)
        const parts = profileOfClaims([claims])
        const hasMailbox = typeof email === 'string' && (email.toLowerCase().endsWith('@gmail.com') || isDomain(hd))
        return { ...parts, emailVerified: parts.emailVerified === true && hasMailbox }
      },
    },
    options,
  )
}

function isDomain(hd: unknown): boolean {
  return typeof hd === 'string' && hd !== ''
}
