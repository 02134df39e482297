import { parseCidr } from '../http/ip-address.ts'
import type { AuthOptions } from './options.ts'
import { isLocalHost, refuseUnknown, refuseUnless } from './refuse.ts'

/** Complete by its type: an option that is added and not named here does not compile. */
const optionNames: { readonly [Name in keyof Required<AuthOptions>]: true } = {
  accessToken: true,
  allowedOrigins: true,
  appName: true,
  attemptTtlMs: true,
  backgroundWork: true,
  basePath: true,
  breachedPasswords: true,
  clock: true,
  code: true,
  development: true,
  deviceTtlMs: true,
  emailUndoTtlMs: true,
  forwardedHeader: true,
  hashing: true,
  limits: true,
  limitStore: true,
  logger: true,
  mail: true,
  mailTemplates: true,
  methods: true,
  onRequest: true,
  pagesPath: true,
  password: true,
  publicUrl: true,
  random: true,
  redirectOrigins: true,
  registrationTtlMs: true,
  resetTtlMs: true,
  retention: true,
  rolePermissions: true,
  secondFactor: true,
  secret: true,
  session: true,
  sessionCache: true,
  storage: true,
  trustedProxies: true,
  unsafeMemoryStorage: true,
}

/** What no type can tell, and what types tell in vain where the caller has none. @throws LatchkeyError `config_invalid` */
export function checkOptions(options: AuthOptions): void {
  const { storage, mail, methods, development = false, allowedOrigins = [], trustedProxies = [] } = options
  refuseUnknown(options, optionNames, '')
  refuseUnless(typeof storage?.commit === 'function', 'storage', 'a storage, e.g. createSqliteStorage({ filename })')
  refuseUnless(
    storage.dialect !== 'memory' || development || options.unsafeMemoryStorage !== undefined,
    'storage',
    'one that keeps what it is given; memory storage is for tests (see unsafeMemoryStorage)',
  )
  refuseUnless(typeof mail?.send === 'function', 'mail', 'a transport, e.g. createSmtpTransport({ … })')
  const isList: boolean = Array.isArray(methods)
  refuseUnless(isList && methods.length > 0, 'methods', 'a list of one method at least')
  const ids = methods.map((method) => method.id)
  refuseUnless(new Set(ids).size === ids.length, 'methods', 'different from each other')
  // Addresses and new devices are proved by mail: without its route nobody could finish a registration.
  refuseUnless(
    ids.includes('email-code'),
    'methods',
    'with emailCode() among them ({ firstFactor: false } if not as a way in)',
  )
  for (const origin of allowedOrigins) refuseUnless(isOrigin(origin), 'allowedOrigins', wantedOrigins)
  for (const origin of options.redirectOrigins ?? []) refuseUnless(isOrigin(origin), 'redirectOrigins', wantedOrigins)
  refuseUnless(areProxies(trustedProxies), 'trustedProxies', 'a number of proxies, or a list of addresses and blocks')
  refuseUnless(
    ['x-forwarded-for', 'forwarded', undefined].includes(options.forwardedHeader),
    'forwardedHeader',
    'x-forwarded-for or forwarded',
  )
  for (const [role, granted] of Object.entries(options.rolePermissions ?? {})) {
    const areTexts = Array.isArray(granted) && granted.every((permission) => typeof permission === 'string')
    refuseUnless(areTexts, `rolePermissions.${role}`, 'a list of permissions')
  }
}

const wantedOrigins = 'a list of origins such as https://admin.example.com, without a path (http only for localhost)'

function isOrigin(text: string): boolean {
  // A pattern would match nothing: origins are compared whole.
  const url = URL.canParse(text) && !text.includes('*') ? new URL(text) : undefined
  return url?.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocalHost(url.hostname)))
}

function areProxies(proxies: readonly string[] | number): boolean {
  if (typeof proxies === 'number') return Number.isSafeInteger(proxies) && proxies >= 0
  try {
    return proxies.map(parseCidr).length === proxies.length
  } catch {
    return false
  }
}
