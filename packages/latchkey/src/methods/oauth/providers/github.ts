import { defineProvider, type Provider, type ProviderOptions } from '../provider.ts'
import { asClaims } from '../protocol/profile.ts'

/**
 * Sign in with GitHub: OAuth 2 without OpenID Connect, so the profile is asked for. Of the addresses the primary one counts, and only if GitHub
 * verified it; the public address of a profile is whatever somebody typed.
 *
 * @example oauth({ providers: [github({ clientId: env.GITHUB_CLIENT_ID, clientSecret: env.GITHUB_CLIENT_SECRET })] })
 */
export function github(options: ProviderOptions): Provider {
  return defineProvider(
    {
      id: 'github',
      name: 'GitHub',
      // As GitHub names itself in its answers (RFC 9207).
      issuer: 'https://github.com/login/oauth',
      protocol: 'oauth2',
      server: {
        authorization_endpoint: 'https://github.com/login/oauth/authorize',
        token_endpoint: 'https://github.com/login/oauth/access_token',
      },
      scopes: ['read:user', 'user:email'],
      clientAuthentication: 'post',
      profileUrls: ['https://api.github.com/user', 'https://api.github.com/user/emails'],
      profileOf: githubProfile,
    },
    options,
  )
}

function githubProfile([user, emails]: readonly unknown[]): ReturnType<Provider['profileOf']> {
  const { id, login, name, avatar_url } = asClaims(user)
  const listed: readonly unknown[] = Array.isArray(emails) ? emails : []
  const primary = listed.map(asClaims).find((entry) => entry['primary'] === true)
  return {
    // A number; names of accounts are given away again when somebody renames theirs.
    subject: Number.isSafeInteger(id) ? String(id) : undefined,
    email: primary?.['email'],
    emailVerified: primary?.['verified'] === true,
    name: name ?? login,
    picture: avatar_url,
  }
}
