import { defaultSettings, type Ceiling, type Settings } from '../core/settings.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { minuteMs, secondMs } from '../platform/clock.ts'
import { maxBudgetLimit } from '../throttle/budget.ts'
import type { AuthOptions, SettingsOptions } from './options.ts'

/** Defaults filled in, insecure values refused by name. @throws LatchkeyError `config_invalid` */
export function resolveSettings(options: AuthOptions): Settings {
  const settings: Settings = {
    ...defaultSettings,
    ...definedOf(options, [
      'appName',
      'basePath',
      'pagesPath',
      'registrationTtlMs',
      'resetTtlMs',
      'attemptTtlMs',
      'deviceTtlMs',
    ]),
    publicUrl: parsePublicUrl(options.publicUrl),
    session: { ...defaultSettings.session, ...options.session },
    accessToken: { ...defaultSettings.accessToken, ...options.accessToken },
    code: { ...defaultSettings.code, ...options.code },
    secondFactor: { ...defaultSettings.secondFactor, ...options.secondFactor },
    password: { ...defaultSettings.password, ...options.password },
    limits: { ...defaultSettings.limits, ...options.limits },
    retention: { ...defaultSettings.retention, ...options.retention },
  }
  const { session, code, password, accessToken } = settings
  refuseUnless(
    settings.appName.length > 0 && settings.appName.length <= 64 && !/[\r\n\0]/.test(settings.appName),
    'appName',
    '1 to 64 characters on one line',
  )
  refuseUnless(/^(\/[a-z0-9._~-]+)*$/i.test(settings.basePath), 'basePath', 'empty or a path such as /auth')
  refuseUnless(/^(\/[a-z0-9._~-]+)*$/i.test(settings.pagesPath), 'pagesPath', 'empty or a path such as /account')
  refuseUnless(
    session.idleMs >= minuteMs && session.idleMs <= session.absoluteMs,
    'session.idleMs',
    'at least a minute, at most session.absoluteMs',
  )
  refuseUnless(session.maxPerUser >= 1, 'session.maxPerUser', 'at least 1')
  refuseUnless(
    session.refreshGraceMs >= 0 && session.refreshGraceMs <= minuteMs,
    'session.refreshGraceMs',
    '0 to 60,000',
  )
  refuseUnless(
    code.ttlMs >= 30 * secondMs && code.ttlMs <= 10 * minuteMs,
    'code.ttlMs',
    '30 seconds to 10 minutes (ASVS 6.5.5)',
  )
  refuseUnless(code.maxAttempts >= 1 && code.maxAttempts <= 10, 'code.maxAttempts', '1 to 10')
  refuseUnless(password.minLength >= 8, 'password.minLength', 'at least 8 (ASVS 6.2.1)')
  refuseUnless(
    password.maxLength >= 64 && password.maxLength <= 4_096,
    'password.maxLength',
    '64 to 4,096 (ASVS 6.2.9)',
  )
  refuseUnless(
    accessToken.ttlMs >= minuteMs && accessToken.ttlMs <= 60 * minuteMs,
    'accessToken.ttlMs',
    'a minute to an hour',
  )
  for (const [name, ceiling] of Object.entries(settings.limits) as [string, Ceiling][]) {
    refuseUnless(
      Number.isInteger(ceiling.limit) && ceiling.limit >= 1 && ceiling.limit <= maxBudgetLimit,
      `limits.${name}.limit`,
      `1 to ${maxBudgetLimit}`,
    )
    refuseUnless(ceiling.windowMs >= secondMs, `limits.${name}.windowMs`, 'at least a second')
  }
  return settings
}

/** The list of secrets, newest first. @throws LatchkeyError `config_invalid` */
export function resolveSecrets(secret: AuthOptions['secret']): readonly string[] {
  const secrets = typeof secret === 'string' ? [secret] : secret
  refuseUnless(secrets.length > 0, 'secret', 'one secret at least')
  for (const [index, text] of secrets.entries()) {
    // ASVS 11.2.3: 128 bits at the least. 32 characters of anything that is not one repeated letter.
    refuseUnless(
      text.length >= 32 && new Set(text).size >= 8,
      `secret[${index}]`,
      '32 random characters or more, e.g. from `openssl rand -base64 32`',
    )
  }
  return secrets
}

function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLocal = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  refuseUnless(
    url !== undefined &&
      (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) &&
      url.pathname === '/' &&
      url.search === '' &&
      url.hash === '' &&
      url.username === '',
    'publicUrl',
    'an origin such as https://app.example.com (http only for localhost)',
  )
  return url?.origin ?? ''
}

function definedOf<Key extends keyof SettingsOptions>(
  options: SettingsOptions,
  keys: readonly Key[],
): Pick<SettingsOptions, Key> {
  return Object.fromEntries(keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]))) as Pick<
    SettingsOptions,
    Key
  >
}

function refuseUnless(good: boolean, name: string, wanted: string): void {
  if (!good) throw new LatchkeyError('config_invalid', `${name} must be ${wanted}.`)
}
