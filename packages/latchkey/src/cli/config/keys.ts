import { smtpVariables } from '../../courier/smtp-environment.ts'
import { defaultSettings } from '../../core/settings.ts'
import { defaultTtlMs } from '../../methods/magic-link/options.ts'
import { dayMs, hourMs, minuteMs, secondMs } from '../../platform/clock.ts'
import type { Redacted } from '../../platform/redacted.ts'
import type { ConfigKey } from './config-key.ts'
import {
  databaseAddress,
  durationWithin,
  flag,
  integer,
  oneOf,
  origin,
  originList,
  path,
  port,
  proxies,
  redisAddress,
  secretList,
  secretText,
  shortText,
  text,
  type Kind,
} from './kind.ts'
import { limitKeys, type LimitValues } from './limit-keys.ts'
import { oauthKeys, type OAuthValues } from './oauth-keys.ts'

/** Everything that can be set. `null`: not set, and there is no default. */
export interface ConfigValues extends LimitValues, OAuthValues {
  readonly port: number
  readonly host: string | null
  readonly publicUrl: string | null
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly databaseConnections: number
  readonly databaseListenUrl: string | null
  readonly redisUrl: string | null
  readonly secret: readonly Redacted[] | null
  readonly appName: string
  readonly allowedOrigins: readonly string[]
  readonly redirectOrigins: readonly string[]
  readonly trustedProxies: readonly string[] | number
  readonly forwardedHeader: 'x-forwarded-for' | 'forwarded'
  readonly metricsToken: Redacted | null
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly drainDelay: number
  readonly smtpHost: string | null
  readonly smtpPort: number | null
  readonly smtpUser: string | null
  readonly smtpPass: Redacted | null
  readonly smtpFrom: string | null
  readonly smtpSecure: 'starttls' | 'tls' | 'true' | 'false' | null
  readonly smtpUnsafePlaintext: string | null
  readonly sessionIdle: number
  readonly sessionAbsolute: number
  readonly sessionMaxPerUser: number
  readonly sessionCache: boolean
  readonly accessTokenTtl: number
  readonly codeTtl: number
  readonly emailCodeSignIn: boolean
  readonly magicLinkSignIn: boolean
  readonly magicLinkTtl: number
  readonly passkeys: boolean
  readonly passkeyRpId: string | null
  readonly secondFactor: 'enrolled' | 'always'
  readonly newDeviceCode: boolean
  readonly passwordMinLength: number
  readonly breachedPasswords: boolean | null
  readonly hashMemoryKib: number
  readonly hashPasses: number
  readonly hashLanes: number
  readonly hashUnsafeWeak: string | null
  readonly retentionEnded: number
  readonly retentionEvents: number
}

export type ConfigName = keyof ConfigValues

export type ConfigKeys = { readonly [Name in ConfigName]: ConfigKey<ConfigValues[Name]> }

const { session, accessToken, code, secondFactor, password, retention } = defaultSettings

export const configKeys: ConfigKeys = {
  port: { variable: 'PORT', kind: port, fallback: 4000, help: 'Port of the server.' },
  host: {
    variable: 'HOST',
    kind: text,
    fallback: null,
    fallbackText: '127.0.0.1',
    help: 'Address to listen on, e.g. `0.0.0.0`. Development mode stays on this machine whatever it says.',
  },
  publicUrl: {
    variable: 'LATCHKEY_PUBLIC_URL',
    kind: origin,
    fallback: null,
    fallbackText: '`http://localhost:PORT` in development; required in production',
    help: 'Where people reach the server. Links in mails, cookies and the origin check are made from it alone. `http:` only for localhost.',
  },
  dataDir: {
    variable: 'LATCHKEY_DATA_DIR',
    kind: path,
    fallback: 'data',
    fallbackText: './data',
    help: 'Folder of the embedded database and, in development, of the secret. Relative to the folder of the process.',
  },
  databaseUrl: {
    variable: 'LATCHKEY_DATABASE_URL',
    kind: databaseAddress,
    fallback: null,
    fallbackText: '`sqlite:` and `latchkey.db` in the data folder',
    help: 'The database. TLS as the driver spells it, e.g. `?sslmode=verify-full` for PostgreSQL.',
  },
  databaseConnections: {
    variable: 'LATCHKEY_DATABASE_CONNECTIONS',
    kind: integer(1, 200),
    fallback: 10,
    help: 'Connections of one process to PostgreSQL, MySQL or MariaDB (PostgreSQL: and two more for look-ups).',
  },
  databaseListenUrl: {
    variable: 'LATCHKEY_DATABASE_LISTEN_URL',
    kind: databaseAddress,
    fallback: null,
    fallbackText: '`LATCHKEY_DATABASE_URL`',
    help: 'PostgreSQL behind a pooler that shares connections between transactions (PgBouncer): the address of the database itself, for one connection that hears of revocations. Without it they are seen after half a second instead of some milliseconds.',
  },
  redisUrl: {
    variable: 'LATCHKEY_REDIS_URL',
    kind: redisAddress,
    fallback: null,
    fallbackText: 'none: the database keeps the limits',
    help: 'Redis, to keep the limits of a fleet in memory instead of in rows of the database. While it does not answer the database keeps them. See `docs/limits.md`.',
  },
  secret: {
    variable: 'LATCHKEY_SECRET',
    kind: secretList,
    fallback: null,
    fallbackText: 'made once and kept in the data folder in development; required in production',
    help: 'Secrets that everything else is derived from, newest first. Each has 32 random characters or more, e.g. from `openssl rand -base64 32`. To replace one, put the new one in front and keep the old one until `latchkey keys rotate --secret` and `latchkey doctor` say that nothing hangs on it.',
    secret: true,
  },
  appName: {
    variable: 'LATCHKEY_APP_NAME',
    kind: shortText(64),
    fallback: defaultSettings.appName,
    help: 'Name of the product in mails and pages.',
  },
  allowedOrigins: {
    variable: 'LATCHKEY_ALLOWED_ORIGINS',
    kind: originList,
    fallback: [],
    fallbackText: 'none',
    help: 'Further origins whose pages may call the server from a browser.',
  },
  redirectOrigins: {
    variable: 'LATCHKEY_REDIRECT_ORIGINS',
    kind: originList,
    fallback: [],
    fallbackText: 'none',
    help: 'Further origins to which a sign-in may lead back; paths of our own always.',
  },
  trustedProxies: {
    variable: 'LATCHKEY_TRUSTED_PROXIES',
    kind: proxies,
    fallback: [],
    fallbackText: 'none',
    help: 'Proxies whose forwarding header is believed. Without it every client behind a proxy counts as one.',
  },
  forwardedHeader: {
    variable: 'LATCHKEY_FORWARDED_HEADER',
    kind: oneOf('x-forwarded-for', 'forwarded'),
    fallback: 'x-forwarded-for',
    help: 'The one header that those proxies write.',
  },
  metricsToken: {
    variable: 'LATCHKEY_METRICS_TOKEN',
    kind: secretText,
    fallback: null,
    fallbackText: 'none: direct requests from this machine alone',
    help: 'Bearer token for `/metrics`, 32 characters or more.',
    secret: true,
  },
  logLevel: {
    variable: 'LATCHKEY_LOG_LEVEL',
    kind: oneOf('debug', 'info', 'warn', 'error'),
    fallback: 'info',
    help: 'Least severity that is logged.',
  },
  drainDelay: {
    variable: 'LATCHKEY_DRAIN_DELAY',
    kind: durationWithin(0, minuteMs),
    fallback: 0,
    fallbackText: '0s',
    help: 'How long a stopping server goes on serving while `/readyz` already says 503, so that a load balancer notices.',
  },
  smtpHost: {
    variable: 'SMTP_HOST',
    kind: text,
    fallback: null,
    fallbackText: 'required in production',
    help: smtpVariables.SMTP_HOST,
  },
  smtpPort: {
    variable: 'SMTP_PORT',
    kind: integer(1, 65_535),
    fallback: null,
    fallbackText: '587, or 465 with `tls`',
    help: smtpVariables.SMTP_PORT,
  },
  smtpUser: { variable: 'SMTP_USER', kind: text, fallback: null, help: smtpVariables.SMTP_USER },
  smtpPass: { variable: 'SMTP_PASS', kind: secretText, fallback: null, help: smtpVariables.SMTP_PASS, secret: true },
  smtpFrom: {
    variable: 'SMTP_FROM',
    kind: text,
    fallback: null,
    fallbackText: 'required with `SMTP_HOST`',
    help: smtpVariables.SMTP_FROM,
  },
  smtpSecure: {
    variable: 'SMTP_SECURE',
    kind: oneOf('starttls', 'tls', 'true', 'false'),
    fallback: null,
    fallbackText: '`tls` on port 465, else `starttls`',
    help: smtpVariables.SMTP_SECURE,
  },
  smtpUnsafePlaintext: {
    variable: 'SMTP_UNSAFE_PLAINTEXT',
    kind: text,
    fallback: null,
    help: smtpVariables.SMTP_UNSAFE_PLAINTEXT,
  },
  sessionIdle: {
    variable: 'LATCHKEY_SESSION_IDLE',
    kind: durationWithin(5 * minuteMs, 400 * dayMs),
    fallback: session.idleMs,
    help: 'A session without a request for this long is over. At most LATCHKEY_SESSION_ABSOLUTE.',
  },
  sessionAbsolute: {
    variable: 'LATCHKEY_SESSION_ABSOLUTE',
    kind: durationWithin(5 * minuteMs, 400 * dayMs),
    fallback: session.absoluteMs,
    help: 'A session is over at the latest after this time.',
  },
  sessionMaxPerUser: {
    variable: 'LATCHKEY_SESSION_MAX_PER_USER',
    kind: integer(1, 1_000),
    fallback: session.maxPerUser,
    help: 'Live sessions of one user; the oldest end first.',
  },
  sessionCache: {
    variable: 'LATCHKEY_SESSION_CACHE',
    kind: flag,
    fallback: true,
    help: 'Whether a checked session is believed for a moment without asking the database. A revocation is then in force on the other nodes within 100 ms (PostgreSQL) or 500 ms (MySQL, MariaDB), and within 2 s whatever breaks; on SQLite at once. See `docs/session-cache.md`.',
  },
  accessTokenTtl: {
    variable: 'LATCHKEY_ACCESS_TOKEN_TTL',
    kind: durationWithin(minuteMs, hourMs),
    fallback: accessToken.ttlMs,
    help: 'Life of an access token. Whoever verifies it offline accepts it that long after a revocation.',
  },
  codeTtl: {
    variable: 'LATCHKEY_CODE_TTL',
    kind: durationWithin(30 * secondMs, 10 * minuteMs),
    fallback: code.ttlMs,
    help: 'Life of a mailed code.',
  },
  emailCodeSignIn: {
    variable: 'LATCHKEY_EMAIL_CODE_SIGN_IN',
    kind: flag,
    fallback: true,
    help: 'Whether a mailed code alone may start a sign-in. Codes go on proving addresses and new devices.',
  },
  magicLinkSignIn: {
    variable: 'LATCHKEY_MAGIC_LINK',
    kind: flag,
    fallback: true,
    help: 'Whether a mailed link may start a sign-in.',
  },
  magicLinkTtl: {
    variable: 'LATCHKEY_MAGIC_LINK_TTL',
    kind: durationWithin(minuteMs, hourMs),
    fallback: defaultTtlMs,
    help: 'Life of a sign-in link. ASVS 6.5.5 asks for 10 minutes at most.',
  },
  passkeys: {
    variable: 'LATCHKEY_PASSKEYS',
    kind: flag,
    fallback: true,
    fallbackText: 'true; false where people reach the server by an IP address, for which browsers make none',
    help: 'Whether passkeys may be registered, sign in and answer as a second factor.',
  },
  passkeyRpId: {
    variable: 'LATCHKEY_PASSKEY_RP_ID',
    kind: text,
    fallback: null,
    fallbackText: 'the host of the public address',
    help: 'The domain that passkeys are bound to: that host or a parent of it. Changing it loses every passkey.',
  },
  secondFactor: {
    variable: 'LATCHKEY_SECOND_FACTOR',
    kind: oneOf('enrolled', 'always'),
    fallback: secondFactor.policy,
    help: '`enrolled`: whoever enrolled a second factor is asked for it. `always`: everybody gives two proofs of different kinds.',
  },
  newDeviceCode: {
    variable: 'LATCHKEY_NEW_DEVICE_CODE',
    kind: flag,
    fallback: secondFactor.newDeviceCode,
    help: 'Whether a right password on an unknown device is followed by a mailed code.',
  },
  passwordMinLength: {
    variable: 'LATCHKEY_PASSWORD_MIN_LENGTH',
    kind: integer(8, 64),
    fallback: password.minLength,
    help: 'Characters that a new password has at least.',
  },
  breachedPasswords: {
    variable: 'LATCHKEY_BREACHED_PASSWORDS',
    kind: flag,
    fallback: null,
    fallbackText: 'true; false in development',
    help: 'Whether new passwords are looked up in the public breach list. Five characters of a digest leave the machine, never a password.',
  },
  hashMemoryKib: {
    variable: 'LATCHKEY_HASH_MEMORY_KIB',
    kind: integer(8, 262_144),
    fallback: 19_456,
    help: 'Argon2id memory of one password hash. `latchkey calibrate` measures what this machine affords.',
  },
  hashPasses: { variable: 'LATCHKEY_HASH_PASSES', kind: integer(1, 10), fallback: 2, help: 'Argon2id passes.' },
  hashLanes: { variable: 'LATCHKEY_HASH_LANES', kind: integer(1, 16), fallback: 1, help: 'Argon2id lanes.' },
  hashUnsafeWeak: {
    variable: 'LATCHKEY_HASH_UNSAFE_WEAK',
    kind: text,
    fallback: null,
    help: 'The reason why hashes may be weaker than the OWASP list. For tests: whoever gets the database guesses that much faster.',
  },
  ...oauthKeys,
  ...limitKeys,
  retentionEnded: {
    variable: 'LATCHKEY_RETENTION_ENDED',
    kind: durationWithin(0, 36_500 * dayMs),
    fallback: retention.endedMs,
    help: 'How long ended sessions and settled messages are kept.',
  },
  retentionEvents: {
    variable: 'LATCHKEY_RETENTION_EVENTS',
    kind: durationWithin(dayMs, 36_500 * dayMs),
    fallback: retention.eventsMs,
    help: 'How long audit events are kept.',
  },
}

export const configNames: readonly ConfigName[] = Object.keys(configKeys) as ConfigName[]

/** `publicUrl` → `public-url`; secrets have no flag. */
export function flagOf(name: ConfigName): string | undefined {
  if (configKeys[name].secret === true) return undefined
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** A value as it would be written again, secrets masked; `null` when it is not set. */
export function showValue(values: ConfigValues, name: ConfigName): string | null {
  const kind: Kind<unknown> = configKeys[name].kind
  const value = values[name]
  return value === null ? null : kind.show(value)
}
