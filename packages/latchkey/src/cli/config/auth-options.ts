import { isIP } from 'node:net'
import { limitsOf } from './limit-keys.ts'
import { smtpOptionsFrom } from '../../courier/smtp-environment.ts'
import type { SmtpOptions } from '../../courier/smtp-transport.ts'
import type { AuthOptions } from '../../engine/options.ts'
import { emailCode } from '../../methods/email-code/index.ts'
import { magicLink } from '../../methods/magic-link/index.ts'
import { oauth } from '../../methods/oauth/index.ts'
import type { Provider } from '../../methods/oauth/provider.ts'
import { passkey } from '../../methods/passkey/index.ts'
import { password } from '../../methods/password/index.ts'
import { recoveryCode } from '../../methods/recovery-code/index.ts'
import { totp } from '../../methods/totp/index.ts'
import { reveal } from '../../platform/redacted.ts'
import { oauthProvidersOf } from './oauth-providers.ts'
import type { Config } from './read-config.ts'

/** Mail settings of the configuration; `undefined` without `SMTP_HOST`. @throws LatchkeyError `config_invalid` */
export function smtpOptionsOf(config: Config): SmtpOptions | undefined {
  return smtpOptionsFrom({
    SMTP_HOST: config.smtpHost ?? undefined,
    SMTP_PORT: config.smtpPort === null ? undefined : String(config.smtpPort),
    SMTP_USER: config.smtpUser ?? undefined,
    SMTP_PASS: config.smtpPass === null ? undefined : reveal(config.smtpPass),
    SMTP_FROM: config.smtpFrom ?? undefined,
    SMTP_SECURE: config.smtpSecure ?? undefined,
    SMTP_UNSAFE_PLAINTEXT: config.smtpUnsafePlaintext ?? undefined,
  })
}

export type ConfiguredAuthOptions = Omit<AuthOptions, 'storage' | 'mail' | 'secret' | 'publicUrl'>

/** What the configuration says about the engine; storage, mail, secret, address and a provider of development's own are the caller's. */
export function authOptionsOf(
  config: Config,
  { provider }: { readonly provider?: Provider } = {},
): ConfiguredAuthOptions {
  const { development, breachedPasswords } = config
  const providers = [...oauthProvidersOf(config), ...(provider === undefined ? [] : [provider])]
  return {
    appName: config.appName,
    methods: [
      password(),
      emailCode({ firstFactor: config.emailCodeSignIn }),
      ...(config.magicLinkSignIn ? [magicLink({ ttlMs: config.magicLinkTtl })] : []),
      ...(config.passkeys && !isReachedByIp(config)
        ? [passkey(config.passkeyRpId === null ? {} : { rpId: config.passkeyRpId })]
        : []),
      totp(),
      recoveryCode(),
      ...(providers.length === 0 ? [] : [oauth({ providers, linking: config.oauthLinking })]),
    ],
    development,
    ...(breachedPasswords === null ? {} : { breachedPasswords }),
    allowedOrigins: config.allowedOrigins,
    redirectOrigins: config.redirectOrigins,
    trustedProxies: config.trustedProxies,
    forwardedHeader: config.forwardedHeader,
    session: {
      idleMs: config.sessionIdle,
      absoluteMs: config.sessionAbsolute,
      maxPerUser: config.sessionMaxPerUser,
    },
    ...(config.sessionCache ? {} : { sessionCache: false }),
    accessToken: { ttlMs: config.accessTokenTtl },
    code: { ttlMs: config.codeTtl },
    secondFactor: { policy: config.secondFactor, newDeviceCode: config.newDeviceCode },
    password: { minLength: config.passwordMinLength },
    hashing: {
      parameters: { memoryKib: config.hashMemoryKib, passes: config.hashPasses, lanes: config.hashLanes },
      ...(config.hashUnsafeWeak === null ? {} : { unsafeWeakParameters: { reason: config.hashUnsafeWeak } }),
    },
    limits: limitsOf(config),
    retention: { endedMs: config.retentionEnded, eventsMs: config.retentionEvents },
  }
}

function isReachedByIp({ publicUrl }: Config): boolean {
  return publicUrl !== null && isIP(new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')) !== 0
}
