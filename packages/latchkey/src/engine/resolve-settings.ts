import { defaultSettings, type Ceiling, type Settings } from '../core/settings.ts'
import { dayMs, hourMs, minuteMs, secondMs } from '../platform/clock.ts'
import { maxBudgetLimit } from '../throttle/budget.ts'
import type { AuthOptions, SettingsOptions } from './options.ts'
import { isLocalHost, refuseUnknown, refuseUnless, refuseUnlessWithin } from './refuse.ts'

/** Defaults filled in, insecure values refused by name. @throws LatchkeyError `config_invalid` */
export function resolveSettings(options: AuthOptions): Settings {
  const settings: Settings = {
    ...defaultSettings,
    ...definedOf(options, [
      'appName',
      'basePath',
      'pagesPath',
      'redirectOrigins',
      'registrationTtlMs',
      'resetTtlMs',
      'attemptTtlMs',
      'deviceTtlMs',
      'emailUndoTtlMs',
    ]),
    publicUrl: parsePublicUrl(options.publicUrl, options.development === true),
    session: section(options, 'session'),
    accessToken: section(options, 'accessToken'),
    code: section(options, 'code'),
    secondFactor: section(options, 'secondFactor'),
    password: section(options, 'password'),
    limits: section(options, 'limits'),
    retention: section(options, 'retention'),
  }
  checkTexts(settings)
  checkNumbers(settings)
  checkLimits(settings)
  return settings
}

function checkTexts({ appName, basePath, pagesPath, accessToken, secondFactor, password }: Settings): void {
  refuseUnless(/^[^\r\n\0]{1,64}$/.test(appName), 'appName', '1 to 64 characters on one line')
  refuseUnless(isPath(basePath), 'basePath', 'empty or a path such as /auth')
  refuseUnless(isPath(pagesPath), 'pagesPath', 'empty or a path such as /account')
  refuseUnless(
    /^[\x21-\x7e]{0,256}$/.test(accessToken.audience),
    'accessToken.audience',
    'up to 256 visible characters',
  )
  const { policy, newDeviceCode } = secondFactor
  refuseUnless(['enrolled', 'always'].includes(policy), 'secondFactor.policy', 'enrolled or always')
  refuseUnless(typeof newDeviceCode === 'boolean', 'secondFactor.newDeviceCode', 'true or false')
  const words: readonly unknown[] = Array.isArray(password.contextWords) ? password.contextWords : [undefined]
  refuseUnless(
    words.every((word) => typeof word === 'string'),
    'password.contextWords',
    'a list of words',
  )
}

/** Browsers keep no cookie longer (RFC 6265bis). */
const longestMs = 400 * dayMs

function checkNumbers(settings: Settings): void {
  const { session, accessToken, code, password, retention } = settings
  refuseUnlessWithin(session.absoluteMs, [5 * minuteMs, longestMs], 'session.absoluteMs')
  // Visits are written once a minute: a shorter time would end the sessions of people who are there.
  refuseUnlessWithin(session.idleMs, [5 * minuteMs, session.absoluteMs], 'session.idleMs')
  refuseUnlessWithin(session.maxPerUser, [1, 1_000], 'session.maxPerUser')
  refuseUnlessWithin(session.freshMs, [minuteMs, dayMs], 'session.freshMs')
  refuseUnlessWithin(session.refreshGraceMs, [0, minuteMs], 'session.refreshGraceMs')
  refuseUnlessWithin(accessToken.ttlMs, [minuteMs, hourMs], 'accessToken.ttlMs')
  // ASVS 6.5.5.
  refuseUnlessWithin(code.ttlMs, [30 * secondMs, 10 * minuteMs], 'code.ttlMs')
  refuseUnlessWithin(code.maxAttempts, [1, 10], 'code.maxAttempts')
  refuseUnlessWithin(settings.attemptTtlMs, [code.ttlMs, dayMs], 'attemptTtlMs')
  refuseUnlessWithin(settings.registrationTtlMs, [code.ttlMs, 7 * dayMs], 'registrationTtlMs')
  refuseUnlessWithin(settings.resetTtlMs, [minuteMs, dayMs], 'resetTtlMs')
  refuseUnlessWithin(settings.emailUndoTtlMs, [hourMs, 30 * dayMs], 'emailUndoTtlMs')
  refuseUnlessWithin(settings.deviceTtlMs, [hourMs, longestMs], 'deviceTtlMs')
  // ASVS 6.2.1, 6.2.9.
  refuseUnlessWithin(password.maxLength, [64, 4_096], 'password.maxLength')
  refuseUnlessWithin(password.minLength, [8, 64], 'password.minLength')
  refuseUnlessWithin(retention.endedMs, [0, 100 * 365 * dayMs], 'retention.endedMs')
  refuseUnlessWithin(retention.eventsMs, [dayMs, 100 * 365 * dayMs], 'retention.eventsMs')
}

function checkLimits({ limits }: Settings): void {
  for (const [name, ceiling] of Object.entries(limits) as [string, Partial<Ceiling> | null][]) {
    refuseUnlessWithin(ceiling?.limit, [1, maxBudgetLimit], `limits.${name}.limit`)
    refuseUnlessWithin(ceiling?.windowMs, [secondMs, 366 * dayMs], `limits.${name}.windowMs`)
  }
}

/** The list of secrets, newest first. @throws LatchkeyError `config_invalid` */
export function resolveSecrets(secret: AuthOptions['secret']): readonly string[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  refuseUnless(secrets.length > 0, 'secret', 'one secret at least')
  return secrets.map((text, index) => {
    // ASVS 11.2.3: 128 bits at the least. 32 characters of anything that is not one repeated letter.
    refuseUnless(
      typeof text === 'string' && text.length >= 32 && new Set(text).size >= 8,
      Array.isArray(secret) ? `secret[${index}]` : 'secret',
      '32 random characters or more, e.g. from `openssl rand -base64 32`',
    )
    return text as string
  })
}

function parsePublicUrl(text: string, development: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLocal = url !== undefined && isLocalHost(url.hostname)
  refuseUnless(
    url !== undefined &&
      (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) &&
      url.pathname === '/' &&
      // `?` and `#` alone leave search and hash empty.
      !/[?#@]/.test(text),
    'publicUrl',
    'an origin such as https://app.example.com (http only for localhost)',
  )
  // Development shows every mail and code: it stays on this machine (design rule 16).
  refuseUnless(isLocal || !development, 'publicUrl', 'an address of localhost in development')
  return url.origin
}

function isPath(text: string): boolean {
  return /^(\/[a-z0-9._~-]+)*$/i.test(text) && !/\/\.{1,2}(\/|$)/.test(text)
}

type SectionName = 'session' | 'accessToken' | 'code' | 'secondFactor' | 'password' | 'limits' | 'retention'

function section<Name extends SectionName>(options: SettingsOptions, name: Name): Settings[Name] {
  const given: object = options[name] ?? {}
  refuseUnknown(given, defaultSettings[name], `${name}.`)
  const defined = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaultSettings[name], ...Object.fromEntries(defined) } as Settings[Name]
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
