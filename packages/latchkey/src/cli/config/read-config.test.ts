import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LatchkeyError } from '../../platform/errors.ts'
import { reveal } from '../../platform/redacted.ts'
import { ensureDevelopmentSecret } from './development-secret.ts'
import { missingInProduction } from './insecure.ts'
import { configKeys, configNames, flagOf, showValue } from './keys.ts'
import { sqliteFileOf } from './open-storage.ts'
import { loadConfig, readConfig, type ReadConfigOptions } from './read-config.ts'

const goodSecret = 'Zk3vQ9pL0sXw7TbN2yRf5HcJ8mGd4UeA'

function folder(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

async function problemsOf(options: ReadConfigOptions): Promise<readonly string[]> {
  const result = await readConfig({ directory: folder(), environment: {}, ...options })
  return result.ok ? [] : result.problems
}

describe('the address to listen at', () => {
  it('is one of PostgreSQL, and holds no password on the command line', async () => {
    const environment = { LATCHKEY_DATABASE_LISTEN_URL: 'mysql://app@db/app' }
    expect(await problemsOf({ environment })).toEqual([expect.stringMatching(/^LATCHKEY_DATABASE_LISTEN_URL must be/)])
    const [problem, ...others] = await problemsOf({ flags: { databaseListenUrl: 'postgres://app:s3cret@db/app' } })
    expect(problem).toMatch(/^--database-listen-url holds a password/)
    expect([problem, ...others].join()).not.toContain('s3cret')
    expect(others).toEqual([])
    const good = { LATCHKEY_DATABASE_LISTEN_URL: 'postgres://app:s3cret@db/app', LATCHKEY_SESSION_CACHE: 'false' }
    expect(await problemsOf({ environment: good })).toEqual([])
  })
})

describe('a value out of bounds', () => {
  it.each([
    [{ LATCHKEY_CODE_TTL: '1h' }, /^LATCHKEY_CODE_TTL must be a duration from `30s` to `10m`\.$/],
    [{ LATCHKEY_ACCESS_TOKEN_TTL: '2h' }, /^LATCHKEY_ACCESS_TOKEN_TTL must be a duration from `1m` to `1h`\.$/],
    [{ LATCHKEY_MAGIC_LINK_TTL: '2h' }, /^LATCHKEY_MAGIC_LINK_TTL must be a duration from `1m` to `1h`\.$/],
    [{ LATCHKEY_SESSION_IDLE: '1m' }, /^LATCHKEY_SESSION_IDLE must be a duration from `5m` to `400d`\.$/],
    [{ LATCHKEY_SESSION_IDLE: '60d' }, /^LATCHKEY_SESSION_IDLE must not be longer than LATCHKEY_SESSION_ABSOLUTE\.$/],
    [{ LATCHKEY_RETENTION_EVENTS: '1h' }, /^LATCHKEY_RETENTION_EVENTS must be a duration from `1d` to `36500d`\.$/],
    [{ LATCHKEY_DRAIN_DELAY: '2m' }, /^LATCHKEY_DRAIN_DELAY must be a duration from `0s` to `1m`\.$/],
    [{ LATCHKEY_APP_NAME: 'a'.repeat(65) }, /^LATCHKEY_APP_NAME must be text on one line, 1 to 64 characters\.$/],
    [{ LATCHKEY_LIMIT_PASSWORD_PER_ACCOUNT: '0/15m' }, /^LATCHKEY_LIMIT_PASSWORD_PER_ACCOUNT must be a ceiling/],
    [{ LATCHKEY_LIMIT_PASSWORD_PER_ACCOUNT: '10/1ms' }, /^LATCHKEY_LIMIT_PASSWORD_PER_ACCOUNT must be a ceiling/],
    [{ LATCHKEY_HASH_MEMORY_KIB: '8192' }, /^LATCHKEY_HASH_MEMORY_KIB.* is below OWASP's list.* latchkey calibrate/],
    [{ LATCHKEY_PASSKEY_RP_ID: 'evil.example' }, /^LATCHKEY_PASSKEY_RP_ID must be localhost/],
  ])('is refused by the name of its variable: %o', async (environment, problem) => {
    expect(await problemsOf({ environment })).toEqual([expect.stringMatching(problem)])
  })

  it('is none at the bounds, and a domain above the host is fine for passkeys', async () => {
    const environment = {
      LATCHKEY_CODE_TTL: '10m',
      LATCHKEY_DRAIN_DELAY: '1m',
      LATCHKEY_LIMIT_PASSWORD_PER_ACCOUNT: '1000/366d',
      LATCHKEY_HASH_MEMORY_KIB: '8',
      LATCHKEY_HASH_UNSAFE_WEAK: 'a test',
      LATCHKEY_PUBLIC_URL: 'https://auth.example.com',
      LATCHKEY_PASSKEY_RP_ID: 'example.com',
    }
    expect(await problemsOf({ environment })).toEqual([])
  })
})

describe('where a value comes from', () => {
  const file = { 'latchkey.config.json': JSON.stringify({ port: 4003, appName: 'File', codeTtl: '2m' }) }

  it('is the flag before the environment before the file before the default, and says so', async () => {
    const config = await loadConfig({
      directory: folder(file),
      environment: { PORT: '4002', LATCHKEY_APP_NAME: 'Environment' },
      flags: { port: '4001' },
    })
    expect(config).toMatchObject({ port: 4001, appName: 'Environment', codeTtl: 120_000, dataDir: 'data' })
    expect(config.sources).toMatchObject({ port: 'flag', appName: 'environment', codeTtl: 'file', dataDir: 'default' })
  })

  it('is the default where a variable is empty', async () => {
    expect(await loadConfig({ directory: folder(), environment: { PORT: '' } })).toMatchObject({ port: 4000 })
  })

  it('may be a TypeScript file, run as it is', async () => {
    const directory = folder({
      'package.json': '{ "type": "module" }',
      'latchkey.config.ts': `interface Settings { readonly sessionIdle: string }
        export const config: Settings & Record<string, unknown> = { sessionIdle: '12h', limitCodePerAccount: '5/1h', newDeviceCode: false }`,
    })
    expect(await loadConfig({ directory, environment: {} })).toMatchObject({
      sessionIdle: 12 * 3_600_000,
      limitCodePerAccount: { limit: 5, windowMs: 3_600_000 },
      newDeviceCode: false,
      file: join(directory, 'latchkey.config.ts'),
    })
  })

  it('may be another file that is named, and must be there then', async () => {
    const directory = folder({ 'other.json': '{ "port": 4005 }' })
    expect(await loadConfig({ directory, environment: {}, file: 'other.json' })).toMatchObject({ port: 4005 })
    expect(await problemsOf({ directory, file: 'missing.json' })).toEqual([expect.stringContaining('missing.json')])
    expect(await problemsOf({ directory: folder({ 'latchkey.config.json': '[]' }) })).toEqual([
      expect.stringContaining('exports no object'),
    ])
    expect(await problemsOf({ directory: folder({ 'latchkey.config.json': '{' }) })).toEqual([
      expect.stringContaining('cannot be read'),
    ])
  })
})

describe('refused by name', () => {
  it('are unknown variables and keys, with what was probably meant, all at once', async () => {
    const directory = folder({ 'latchkey.config.json': '{ "prot": 4001, "sesionIdle": "1h" }' })
    expect(
      await problemsOf({ directory, environment: { LATCHKEY_SECERT: goodSecret, LATCHKEY_FROBNICATE: 'x' } }),
    ).toEqual([
      'The variable LATCHKEY_SECERT is unknown; did you mean LATCHKEY_SECRET?',
      'The variable LATCHKEY_FROBNICATE is unknown.',
      `The key prot in ${directory}/latchkey.config.json is unknown; did you mean port?`,
      `The key sesionIdle in ${directory}/latchkey.config.json is unknown; did you mean sessionIdle?`,
    ])
  })

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '0x10'],
    ['LATCHKEY_PUBLIC_URL', 'https://app.example.com/path'],
    ['LATCHKEY_PUBLIC_URL', 'ftp://app.example.com'],
    ['LATCHKEY_PUBLIC_URL', 'https://user@app.example.com'],
    ['LATCHKEY_DATABASE_URL', 'mssql://host/db'],
    ['LATCHKEY_SESSION_IDLE', '7'],
    ['LATCHKEY_SESSION_IDLE', '7 days'],
    ['LATCHKEY_LIMIT_CODE_PER_ACCOUNT', '10'],
    ['LATCHKEY_LIMIT_CODE_PER_ACCOUNT', '10/forever'],
    ['LATCHKEY_NEW_DEVICE_CODE', 'yes'],
    ['LATCHKEY_SECOND_FACTOR', 'never'],
    ['LATCHKEY_TRUSTED_PROXIES', 'proxy.example.com'],
    ['LATCHKEY_ALLOWED_ORIGINS', 'https://*.example.com/*'],
    ['LATCHKEY_APP_NAME', 'two\nlines'],
    ['SMTP_SECURE', 'maybe'],
  ])('is %s=%s', async (variable, value) => {
    const problems = await problemsOf({ environment: { [variable]: value } })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${variable} must be `))
  })

  it.each([
    ['too-short', 'has 9 characters'],
    ['change-me-change-me-change-me-change-me', 'looks like a placeholder'],
    ['your_secret_goes_here_and_is_long_enough', 'looks like a placeholder'],
    ['abababababababababababababababababababab', 'repeats a few characters'],
  ])('is the secret %s, without showing it', async (secret, problem) => {
    const [told = ''] = await problemsOf({ environment: { LATCHKEY_SECRET: secret } })
    expect(told).toContain(`LATCHKEY_SECRET ${problem}`)
    expect(told).toContain('openssl rand')
    expect(told).not.toContain(secret)
  })

  it('is the second secret of a list, by its number', async () => {
    const [told] = await problemsOf({ environment: { LATCHKEY_SECRET: `${goodSecret},short` } })
    expect(told).toContain('LATCHKEY_SECRET (number 2) has 5 characters')
  })

  it('are http addresses off localhost', async () => {
    expect(await problemsOf({ environment: { LATCHKEY_PUBLIC_URL: 'http://app.example.com' } })).toHaveLength(1)
    expect(await problemsOf({ environment: { LATCHKEY_ALLOWED_ORIGINS: 'http://app.example.com' } })).toHaveLength(1)
    expect(await problemsOf({ environment: { LATCHKEY_PUBLIC_URL: 'http://localhost.example.com' } })).toHaveLength(1)
    expect(await problemsOf({ environment: { LATCHKEY_PUBLIC_URL: 'http://localhost:4000' } })).toEqual([])
  })

  it('is a database password on the command line', async () => {
    const [told = ''] = await problemsOf({ flags: { databaseUrl: 'postgres://app:hunter2@db/app' } })
    expect(told).toContain('--database-url')
    expect(told).not.toContain('hunter2')
    expect(await problemsOf({ flags: { databaseUrl: 'sqlite:here.db' } })).toEqual([])
    expect(await problemsOf({ environment: { LATCHKEY_DATABASE_URL: 'postgres://app:hunter2@db/app' } })).toEqual([])
  })

  it.each([
    [{ NODE_ENV: 'production' }, 'NODE_ENV=production'],
    [{ HOST: '0.0.0.0' }, 'HOST=0.0.0.0'],
    [{ LATCHKEY_PUBLIC_URL: 'https://app.example.com' }, 'LATCHKEY_PUBLIC_URL=https://app.example.com'],
    [{ LATCHKEY_TRUSTED_PROXIES: '1' }, 'LATCHKEY_TRUSTED_PROXIES'],
  ])('is development together with %o', async (environment, name) => {
    const problems = await problemsOf({ environment, development: true })
    expect(problems).toEqual([expect.stringContaining(`--dev is refused with ${name}`)])
    expect(await problemsOf({ environment })).toEqual([])
  })

  it('by loadConfig with a fault that names every problem', async () => {
    const loading = loadConfig({ directory: folder(), environment: { PORT: 'x', LATCHKEY_NOPE: '1' } })
    await expect(loading).rejects.toThrow(LatchkeyError)
    await expect(loading).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/LATCHKEY_NOPE.*PORT must be/),
    })
  })
})

describe('production', () => {
  it('is missing its secret, address and mail server until they are there', async () => {
    const bare = await loadConfig({ directory: folder(), environment: {} })
    expect(missingInProduction(bare).map((line) => line.split(' ')[0])).toEqual([
      'LATCHKEY_SECRET',
      'LATCHKEY_PUBLIC_URL',
      'SMTP_HOST',
    ])
    const whole = await loadConfig({
      directory: folder(),
      environment: {
        LATCHKEY_SECRET: goodSecret,
        LATCHKEY_PUBLIC_URL: 'https://app.example.com',
        SMTP_HOST: 'smtp.example.com',
        SMTP_FROM: 'Acme <auth@example.com>',
      },
    })
    expect(missingInProduction(whole)).toEqual([])
    expect(missingInProduction({ ...whole, smtpFrom: null })).toEqual([expect.stringContaining('SMTP_FROM')])
  })
})

describe('secrets', () => {
  it('do not print, wherever the configuration is shown', async () => {
    const config = await loadConfig({
      directory: folder(),
      environment: {
        LATCHKEY_SECRET: goodSecret,
        SMTP_PASS: 'hunter2',
        LATCHKEY_DATABASE_URL: 'postgres://app:hunter2@db/app?password=hunter2&sslmode=require',
        LATCHKEY_METRICS_TOKEN: goodSecret,
      },
    })
    const shown = configNames.map((name) => showValue(config, name)).join('\n')
    for (const text of [
      shown,
      inspect({ ...config, databaseUrl: null }),
      JSON.stringify({ ...config, databaseUrl: null }),
    ]) {
      expect(text).not.toContain(goodSecret)
      expect(text).not.toContain('hunter2')
    }
    expect(shown).toContain('postgres://app:[set]@db/app?password=[set]&sslmode=require')
    expect(config.secret?.map(reveal)).toEqual([goodSecret])
  })

  it('do not print in an address that holds more than one @, the last of which is in front of the host', () => {
    const { show } = configKeys.databaseUrl.kind
    expect(show('postgres://app:hun@ter2@db/app?note=a@b')).toBe('postgres://app:[set]@db/app?note=a@b')
    expect(show('mysql://app:hun/ter2@db/app')).toBe('mysql://app:[set]@db/app')
    expect(configKeys.redisUrl.kind.show('rediss://:hun@ter2@db:6379/0')).toBe('rediss://:[set]@db:6379/0')
  })

  it('have no flag', () => {
    const secretNames = configNames.filter((name) => configKeys[name].secret === true)
    const providers = ['google', 'github', 'microsoft', 'gitlab', 'discord'].map((id) => `${id}ClientSecret`)
    expect(secretNames).toEqual(['secret', 'metricsToken', 'smtpPass', ...providers, 'oidcProviders'])
    expect(new Set(secretNames.map(flagOf))).toEqual(new Set([undefined]))
  })

  it('are made once in development, for this user alone', () => {
    const place = { directory: folder(), dataDir: 'data' }
    const first = ensureDevelopmentSecret(place)
    expect(reveal(ensureDevelopmentSecret(place))).toBe(reveal(first))
    expect(reveal(first)).toHaveLength(43)
  })
})

describe('every key', () => {
  it('has a variable of its own and says what it does', () => {
    const variables = configNames.map((name) => configKeys[name].variable)
    expect(new Set(variables).size).toBe(variables.length)
    expect(configNames.filter((name) => configKeys[name].help.length < 10)).toEqual([])
  })

  it('reads back what it shows as its default', async () => {
    const bare = await loadConfig({ directory: folder(), environment: {} })
    const shown = configNames.flatMap((name) => {
      const value = showValue(bare, name)
      return value === null || value === '' ? [] : [[configKeys[name].variable, value] as const]
    })
    const again = await loadConfig({ directory: folder(), environment: Object.fromEntries(shown) })
    expect(configNames.filter((name) => showValue(again, name) !== showValue(bare, name))).toEqual([])
  })
})

describe('the embedded database', () => {
  const place = { dataDir: 'data', directory: '/srv/app' }

  it('stands in the data folder unless it is named', () => {
    expect(sqliteFileOf({ ...place, databaseUrl: null })).toBe('/srv/app/data/latchkey.db')
    expect(sqliteFileOf({ ...place, databaseUrl: 'sqlite:other.db' })).toBe('/srv/app/other.db')
    expect(sqliteFileOf({ ...place, databaseUrl: 'sqlite:/var/lib/l.db' })).toBe('/var/lib/l.db')
    expect(sqliteFileOf({ ...place, databaseUrl: 'sqlite:///var/lib/l.db' })).toBe('/var/lib/l.db')
    expect(sqliteFileOf({ ...place, databaseUrl: 'postgres://db/app' })).toBeUndefined()
  })
})
