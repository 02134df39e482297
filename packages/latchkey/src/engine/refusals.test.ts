import { describe, expect, it } from 'vitest'
import { createMailbox } from '../courier/mailbox.ts'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { testSecret } from '../testing/test-core.ts'
import { createAuth } from './create-auth.ts'
import type { AuthOptions } from './options.ts'
import { resolveSettings } from './resolve-settings.ts'

const good: AuthOptions = {
  storage: createMemoryStorage(),
  unsafeMemoryStorage: { reason: 'tests' },
  secret: testSecret,
  publicUrl: 'https://app.example.com',
  methods: [password(), emailCode()],
  mail: createMailbox(),
}

/** The name with which the refusal begins; `accepted` when there is none. */
function refusedName(changes: Readonly<Record<string, unknown>>): string {
  try {
    createAuth({ ...good, ...changes } as AuthOptions)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof LatchkeyError) || error.code !== 'config_invalid') return String(error)
    return error.message.slice(0, error.message.indexOf(' '))
  }
}

type Case = readonly [changes: Readonly<Record<string, unknown>>, name: string]

function wronglyJudged(cases: readonly Case[]): readonly unknown[] {
  return cases
    .filter(([changes, name]) => refusedName(changes) !== name)
    .map(([changes]) => [changes, refusedName(changes)])
}

/** Values of the wrong kind, as they come from callers without types. */
const notNumbers = [Number.NaN, Number.POSITIVE_INFINITY, 1.5, -1, '60000', null, [600_000]]

describe('createAuth', () => {
  it('takes what its documentation shows, and every default', () => {
    expect(refusedName({})).toBe('accepted')
    expect(refusedName({ secret: [testSecret, 'the older secret, which is long enough'] })).toBe('accepted')
    const settings = resolveSettings(good)
    expect(refusedName({ session: settings.session, limits: settings.limits, code: settings.code })).toBe('accepted')
    expect(resolveSettings({ ...good, session: {} }).session).toEqual(settings.session)
  })

  it('refuses a session cache that could not be believed, or that is none', () => {
    const cases: Case[] = [
      ...[true, null, 'yes', [500]].map((sessionCache): Case => [{ sessionCache }, 'sessionCache']),
      [{ sessionCache: { ttlMs: 60_000 } }, 'sessionCache.ttlMs'],
      ...[...notNumbers, 0, 49, 10_001].map((leaseMs): Case => [
        { sessionCache: { leaseMs, pollMs: 40 } },
        'sessionCache.leaseMs',
      ]),
      ...[...notNumbers, 0, 9, 1_001].map((pollMs): Case => [{ sessionCache: { pollMs } }, 'sessionCache.pollMs']),
      [{ sessionCache: { leaseMs: 200 } }, 'sessionCache.pollMs'],
      ...[...notNumbers, 0, 1_000_001].map((maxEntries): Case => [
        { sessionCache: { maxEntries } },
        'sessionCache.maxEntries',
      ]),
      ...[false, undefined, {}, { leaseMs: 50, pollMs: 50, maxEntries: 1 }, { leaseMs: undefined }].map(
        (sessionCache): Case => [{ sessionCache }, 'accepted'],
      ),
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })

  it('refuses secrets that are missing, short, monotonous or named twice', () => {
    const another = 'the older secret, which is long enough'
    const cases: Case[] = [
      [{ secret: undefined }, 'secret'],
      [{ secret: null }, 'secret'],
      [{ secret: '' }, 'secret'],
      [{ secret: [] }, 'secret'],
      [{ secret: 'x'.repeat(64) }, 'secret'],
      [{ secret: testSecret.slice(0, 31) }, 'secret'],
      [{ secret: [testSecret, undefined] }, 'secret[1]'],
      [{ secret: [testSecret, 'short'] }, 'secret[1]'],
      [{ secret: [testSecret, 7] }, 'secret[1]'],
      [{ secret: new Uint8Array(32) }, 'secret'],
      [{ secret: [testSecret, another, testSecret] }, 'The'],
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })

  it('never puts a secret into the refusal', () => {
    const weak = 'hunter2hunter2'
    expect(() => createAuth({ ...good, secret: weak })).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    expect(() => createAuth({ ...good, secret: weak })).not.toThrow(weak)
  })

  it('refuses a public address that is no origin, has no TLS, or is public in development', () => {
    const wrong = [
      undefined,
      null,
      '',
      'app.example.com',
      'http://app.example.com',
      'http://localhost.example.com',
      'http://127.0.0.1.example.com',
      'ftp://app.example.com',
      'javascript:alert(1)',
      'https://app.example.com/auth',
      'https://app.example.com?x',
      'https://app.example.com#',
      'https://user:secret@app.example.com',
      'https://:secret@app.example.com',
      'https://',
      'data:text/html,x',
    ]
    expect(wronglyJudged(wrong.map((publicUrl) => [{ publicUrl }, 'publicUrl']))).toEqual([])
    const fine = [
      'https://app.example.com/',
      'https://app.example.com:8443',
      'http://localhost:4000',
      'http://[::1]:4000',
    ]
    expect(wronglyJudged(fine.map((publicUrl) => [{ publicUrl }, 'accepted']))).toEqual([])
    expect(refusedName({ development: true })).toBe('publicUrl')
    expect(refusedName({ development: true, publicUrl: 'http://localhost:4000' })).toBe('accepted')
  })

  it('refuses memory storage outside development, and what is no storage, mail or method', () => {
    const cases: Case[] = [
      [{ unsafeMemoryStorage: undefined }, 'storage'],
      [{ storage: undefined }, 'storage'],
      [{ storage: Promise.resolve(good.storage) }, 'storage'],
      [{ mail: undefined }, 'mail'],
      [{ methods: undefined }, 'methods'],
      [{ methods: [] }, 'methods'],
      [{ methods: [password()] }, 'methods'],
      [{ methods: [password(), password()] }, 'methods'],
      [{ unsafeMemoryStorage: undefined, development: true, publicUrl: 'http://localhost:4000' }, 'accepted'],
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })

  it('refuses origins, proxies and roles that would open more than they say', () => {
    const cases: Case[] = [
      [{ allowedOrigins: ['*'] }, 'allowedOrigins'],
      [{ allowedOrigins: ['null'] }, 'allowedOrigins'],
      [{ allowedOrigins: ['https://*.example.com'] }, 'allowedOrigins'],
      [{ allowedOrigins: ['https://admin.example.com/'] }, 'allowedOrigins'],
      [{ allowedOrigins: ['http://admin.example.com'] }, 'allowedOrigins'],
      [{ allowedOrigins: ['https://admin.example.com', 'http://localhost:5173'] }, 'accepted'],
      [{ trustedProxies: -1 }, 'trustedProxies'],
      [{ trustedProxies: 1.5 }, 'trustedProxies'],
      [{ trustedProxies: ['10.0.0.0/33'] }, 'trustedProxies'],
      [{ trustedProxies: ['proxy.internal'] }, 'trustedProxies'],
      [{ trustedProxies: ['10.0.0.0/8', '::1'] }, 'accepted'],
      [{ forwardedHeader: 'x-real-ip' }, 'forwardedHeader'],
      [{ rolePermissions: { admin: '*' } }, 'rolePermissions.admin'],
      [{ rolePermissions: { admin: ['*'], support: null } }, 'rolePermissions.support'],
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })

  it('refuses misspelled options and choices instead of falling back to a default', () => {
    const cases: Case[] = [
      [{ sesion: { idleMs: hourMs } }, 'sesion'],
      [{ session: { idleMS: hourMs } }, 'session.idleMS'],
      [{ limits: { passwordPerAcount: { limit: 1, windowMs: 1_000 } } }, 'limits.passwordPerAcount'],
      [{ secondFactor: { policy: 'allways' } }, 'secondFactor.policy'],
      [{ secondFactor: { policy: true } }, 'secondFactor.policy'],
      [{ secondFactor: { newDeviceCode: 'no' } }, 'secondFactor.newDeviceCode'],
      [{ session: { constructor: 1 } }, 'session.constructor'],
      [{ password: { contextWords: 'acme' } }, 'password.contextWords'],
      [{ password: { contextWords: [7] } }, 'password.contextWords'],
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })

  it('refuses names and paths that would end up in a header or point elsewhere', () => {
    const cases: Case[] = [
      [{ appName: '' }, 'appName'],
      [{ appName: 'Acme\r\nBcc: x@example.com' }, 'appName'],
      [{ appName: 'A'.repeat(65) }, 'appName'],
      [{ basePath: '/' }, 'basePath'],
      [{ basePath: 'auth' }, 'basePath'],
      [{ basePath: '/auth/' }, 'basePath'],
      [{ basePath: '/auth/../admin' }, 'basePath'],
      [{ basePath: '/.' }, 'basePath'],
      [{ basePath: '//evil.example' }, 'basePath'],
      [{ basePath: '/a?b' }, 'basePath'],
      [{ pagesPath: 'https://evil.example' }, 'pagesPath'],
      [{ pagesPath: '/..' }, 'pagesPath'],
      [{ accessToken: { audience: 'two words' } }, 'accessToken.audience'],
      [{ basePath: '', pagesPath: '/account' }, 'accepted'],
      [{ basePath: '/v1.0/auth' }, 'accepted'],
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })

  it('refuses every number that is none, is not whole or is out of its bounds', () => {
    const sections = {
      session: ['idleMs', 'absoluteMs', 'maxPerUser', 'freshMs', 'refreshGraceMs'],
      accessToken: ['ttlMs'],
      code: ['ttlMs', 'maxAttempts'],
      password: ['minLength', 'maxLength'],
      retention: ['endedMs', 'eventsMs'],
    }
    const inSections = Object.entries(sections).flatMap(([section, names]) =>
      names.flatMap((name) =>
        notNumbers.map((value): Case => [{ [section]: { [name]: value } }, `${section}.${name}`]),
      ),
    )
    const plain = ['registrationTtlMs', 'resetTtlMs', 'attemptTtlMs', 'deviceTtlMs'].flatMap((name) =>
      notNumbers.map((value): Case => [{ [name]: value }, name]),
    )
    const ceilings = Object.keys(resolveSettings(good).limits).flatMap((name) =>
      [...notNumbers, 0].flatMap((value): Case[] => [
        [{ limits: { [name]: { limit: value, windowMs: hourMs } } }, `limits.${name}.limit`],
        [{ limits: { [name]: { limit: 5, windowMs: value } } }, `limits.${name}.windowMs`],
      ]),
    )
    expect(wronglyJudged([...inSections, ...plain, ...ceilings])).toEqual([])
    expect(refusedName({ limits: { codePerAccount: null } })).toBe('limits.codePerAccount.limit')
  })

  it('refuses lives that are too short to use and too long to be safe', () => {
    const cases: Case[] = [
      [{ session: { idleMs: 5 * minuteMs - 1 } }, 'session.idleMs'],
      [{ session: { idleMs: 5 * minuteMs } }, 'accepted'],
      [{ session: { idleMs: 31 * dayMs } }, 'session.idleMs'],
      [{ session: { idleMs: 30 * dayMs } }, 'accepted'],
      [{ session: { absoluteMs: 401 * dayMs } }, 'session.absoluteMs'],
      [{ session: { absoluteMs: dayMs } }, 'session.idleMs'],
      [{ session: { freshMs: 2 * dayMs } }, 'session.freshMs'],
      [{ session: { refreshGraceMs: 60_001 } }, 'session.refreshGraceMs'],
      [{ session: { refreshGraceMs: 0 } }, 'accepted'],
      [{ session: { maxPerUser: 0 } }, 'session.maxPerUser'],
      [{ accessToken: { ttlMs: hourMs + 1 } }, 'accessToken.ttlMs'],
      [{ code: { ttlMs: 10 * minuteMs + 1 } }, 'code.ttlMs'],
      [{ code: { maxAttempts: 11 } }, 'code.maxAttempts'],
      [{ attemptTtlMs: 4 * minuteMs }, 'attemptTtlMs'],
      [{ resetTtlMs: dayMs + 1 }, 'resetTtlMs'],
      [{ deviceTtlMs: 401 * dayMs }, 'deviceTtlMs'],
      [{ password: { minLength: 7 } }, 'password.minLength'],
      [{ password: { maxLength: 63 } }, 'password.maxLength'],
      [{ limits: { codePerAccount: { limit: 1_001, windowMs: hourMs } } }, 'limits.codePerAccount.limit'],
      [{ limits: { codePerAccount: { limit: 5, windowMs: 999 } } }, 'limits.codePerAccount.windowMs'],
    ]
    expect(wronglyJudged(cases)).toEqual([])
  })
})
