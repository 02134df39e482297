import { defineProvider, type Provider, type ProviderOptions } from '../provider.ts'
import { asClaims } from '../protocol/profile.ts'

/**
 * Sign in with Discord (OAuth 2; the profile is asked for).
 *
 * @example oauth({ providers: [discord({ clientId: env.DISCORD_CLIENT_ID, clientSecret: env.DISCORD_CLIENT_SECRET })] })
 */
export function discord(options: ProviderOptions): Provider {
  return defineProvider(
    {
      id: 'discord',
      name: 'Discord',
      issuer: 'https://discord.com',
      protocol: 'oauth2',
      server: {
        authorization_endpoint: 'https://discord.com/oauth2/authorize',
        token_endpoint: 'https://discord.com/api/oauth2/token',
      },
      scopes: ['identify', 'email'],
      clientAuthentication: 'post',
      profileUrls: ['https://discord.com/api/users/@me'],
      profileOf([user]) {
        const { id, email, verified, global_name, username, avatar } = asClaims(user)
        const hasPicture = typeof id === 'string' && typeof avatar === 'string'
        return {
          subject: id,
          email,
          emailVerified: verified === true,
          name: global_name ?? username,
          picture: hasPicture
            ? `https://cdn.discordapp.com/avatars/${encodeURIComponent(id)}/${encodeURIComponent(avatar)}.png`
            : undefined,
        }
      },
    },
    options,
  )
}
