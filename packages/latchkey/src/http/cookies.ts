import type { CookieEffect, CookieEffects } from '../methods/route.ts'

/** Our three cookies on this deployment. */
export interface CookieNames {
  readonly session: string
  readonly binding: string
  readonly device: string
}

export interface Cookies {
  readonly names: CookieNames
  /** Values of our cookies in a Cookie header. */
  read(header: string): CookieValues
  /** `Set-Cookie` values. Throws `TypeError` for a value that is not one of our tokens. */
  write(effects: CookieEffects): readonly string[]
}

export interface CookieValues {
  readonly session: string | undefined
  readonly binding: string | undefined
  readonly device: string | undefined
}

/** Ours are an id and 32 bytes; whatever is longer is not ours. */
const maxValueLength = 512

/**
 * On HTTPS the names carry `__Host-`: a browser then accepts them only from this very host, over HTTPS, for all paths, so neither a
 * sibling domain nor a plain-text attacker can plant one (ASVS 3.3.1). There is no second name to fall back to. On http://localhost, where
 * that prefix cannot work, the names have none and `Secure` is left out.
 */
export function createCookies(https: boolean): Cookies {
  const prefix = https ? '__Host-' : ''
  const names: CookieNames = {
    session: `${prefix}latchkey`,
    binding: `${prefix}latchkey-attempt`,
    device: `${prefix}latchkey-device`,
  }
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${https ? '; Secure' : ''}`
  const set = (name: string, effect: CookieEffect | undefined): string[] => {
    if (effect === undefined) return []
    if (effect === null) return [`${name}=; Max-Age=0${attributes}`]
    if (effect.value === '' || !isToken(effect.value)) throw new TypeError(`not a token: the new value of ${name}`)
    return [`${name}=${effect.value}; Max-Age=${Math.max(0, Math.floor(effect.maxAgeSeconds))}${attributes}`]
  }
  return {
    names,
    read: (header) => readCookies(header, names),
    write: ({ session, binding, device }) => [
      ...set(names.session, session),
      ...set(names.binding, binding),
      ...set(names.device, device),
    ],
  }
}

/**
 * Strict: a name that comes twice has no value at all (cookie tossing: the order of two cookies of one name is the sender's choice), nor
 * has a value that no token of ours could be. Nothing is decoded.
 */
function readCookies(header: string, names: CookieNames): CookieValues {
  let session: string | undefined
  let binding: string | undefined
  let device: string | undefined
  let equals = header.indexOf('=')
  for (let start = 0, end = 0; equals !== -1; start = end + 1) {
    const semicolon = header.indexOf(';', start)
    end = semicolon === -1 ? header.length : semicolon
    // Looked for once each, not from every `;` anew: a header full of those would cost the square of its length.
    if (equals > end) continue
    const name = header.slice(start, equals).trim()
    if (name === names.session) session = session === undefined ? header.slice(equals + 1, end) : twice
    else if (name === names.binding) binding = binding === undefined ? header.slice(equals + 1, end) : twice
    else if (name === names.device) device = device === undefined ? header.slice(equals + 1, end) : twice
    equals = header.indexOf('=', end)
  }
  return { session: accepted(session), binding: accepted(binding), device: accepted(device) }
}

/** Stands for the value of a name that came more than once; no token is spelled so. */
const twice = ';'

function accepted(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const token = value.trim()
  return token !== '' && isToken(token) ? token : undefined
}

/** Base64url and dots, nothing that a cookie would have to quote. */
function isToken(value: string): boolean {
  return value.length <= maxValueLength && /^[A-Za-z0-9._-]*$/.test(value)
}
