import { dayMs, hourMs, minuteMs, secondMs } from '../../platform/clock.ts'
import { redact, type Redacted } from '../../platform/redacted.ts'
import { maxBudgetLimit } from '../../throttle/budget.ts'

/** How a value is read, from text (environment, command line) or from what a configuration file holds, and how it is shown again. */
export interface Kind<Value> {
  /** In the words of the documentation: `a port`, `a duration such as 15m`. */
  readonly wanted: string
  /** `undefined`: not a value of this kind. */
  parse(input: unknown): Value | undefined
  /** As it would be written again; of secrets never more than that there is one. */
  show(value: Value): string
}

export const text: Kind<string> = {
  wanted: 'text on one line',
  parse: (input) => (typeof input === 'string' && !/[\r\n\0]/.test(input) ? input : undefined),
  show: (value) => value,
}

export function shortText(maxLength: number): Kind<string> {
  return {
    ...text,
    wanted: `text on one line, 1 to ${maxLength} characters`,
    parse(input) {
      const value = text.parse(input)
      return value !== undefined && value.length >= 1 && value.length <= maxLength ? value : undefined
    },
  }
}

export const path: Kind<string> = { ...text, wanted: 'a path' }

export const secretText: Kind<Redacted> = {
  wanted: 'a secret',
  // Not trimmed: a password may begin or end with a space.
  parse: (input) => (typeof input === 'string' && input !== '' ? redact(input) : undefined),
  show: () => '[set]',
}

export const secretList: Kind<readonly Redacted[]> = {
  wanted: 'secrets, newest first, separated by commas',
  parse(input) {
    const items = listItems(input)
    return items === undefined || items.length === 0 ? undefined : items.map(redact)
  },
  show: (secrets) => secrets.map(() => '[set]').join(','),
}

export const redisAddress: Kind<string> = {
  wanted: '`redis://user:password@host:6379`, or `rediss:` for TLS',
  parse: (input) => (typeof input === 'string' && /^rediss?:\/\/./.test(input) ? input : undefined),
  show: showAddress,
}

/** What stands between user name and host is never shown. */
export const databaseAddress: Kind<string> = {
  wanted: '`sqlite:FILE`, `postgres://user:password@host/database` or `mysql://user:password@host/database`',
  parse: (input) =>
    typeof input === 'string' && /^(sqlite:.|postgres(ql)?:\/\/.|mysql:\/\/.|mariadb:\/\/.)/.test(input)
      ? input
      : undefined,
  show: showAddress,
}

/** The host stands behind the last `@` in front of the path; where there is none, a password holds a `/` that it should not. */
function showAddress(address: string): string {
  return address
    .replace(/^([a-z]+:\/\/[^:@/]*):(?:[^/?#]*|[^@]*)@/, '$1:[set]@')
    .replace(/([?&](?:password|sslpassword)=)[^&]*/gi, '$1[set]')
}

export const flag: Kind<boolean> = {
  wanted: '`true` or `false`',
  parse: (input) => {
    if (typeof input === 'boolean') return input
    if (input === 'true' || input === '1') return true
    return input === 'false' || input === '0' ? false : undefined
  },
  show: String,
}

export function integer(from: number, to: number, wanted?: string): Kind<number> {
  return {
    wanted: wanted ?? `a whole number from ${from.toLocaleString('en')} to ${to.toLocaleString('en')}`,
    parse(input) {
      const value = typeof input === 'string' && /^\d{1,12}$/.test(input) ? Number(input) : input
      return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to ? value : undefined
    },
    show: String,
  }
}

export const port: Kind<number> = integer(0, 65_535, 'a port from 0 to 65,535 (0: any free one)')

export function oneOf<Choice extends string>(...choices: readonly Choice[]): Kind<Choice> {
  return {
    wanted: choices.map((choice) => `\`${choice}\``).join(' or '),
    parse: (input) => choices.find((choice) => choice === input),
    show: String,
  }
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs, d: dayMs }

/** In milliseconds. */
export const duration: Kind<number> = {
  wanted: 'a duration such as `30s`, `15m`, `12h` or `7d`',
  parse(input) {
    const found = typeof input === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(input) : null
    return found === null ? undefined : Number(found[1]) * (unitsMs[found[2] ?? ''] ?? 0)
  },
  show: showDuration,
}

/** Both bounds included. */
export function durationWithin(fromMs: number, toMs: number): Kind<number> {
  return {
    ...duration,
    wanted: `a duration from \`${showDuration(fromMs)}\` to \`${showDuration(toMs)}\``,
    parse(input) {
      const value = duration.parse(input)
      return value !== undefined && value >= fromMs && value <= toMs ? value : undefined
    },
  }
}

function showDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = unitsMs[unit] ?? 1
    if (ms !== 0 && ms % unitMs === 0) return `${ms / unitMs}${unit}`
  }
  return ms === 0 ? '0s' : `${ms}ms`
}

export interface CeilingValue {
  readonly limit: number
  readonly windowMs: number
}

const ceilingWindow = durationWithin(secondMs, 366 * dayMs)

/** At most so many in any window of that length. */
export const ceiling: Kind<CeilingValue> = {
  wanted: 'a ceiling such as `10/15m` (10 in any 15 minutes), at most 1,000 in `1s` to `366d`',
  parse(input) {
    const [limitText, windowText, ...rest] = typeof input === 'string' ? input.split('/') : []
    const limit = integer(1, maxBudgetLimit).parse(limitText)
    const windowMs = ceilingWindow.parse(windowText)
    return limit === undefined || windowMs === undefined || rest.length > 0 ? undefined : { limit, windowMs }
  },
  show: ({ limit, windowMs }) => `${limit}/${showDuration(windowMs)}`,
}

export const origin: Kind<string> = {
  wanted: 'an origin such as `https://app.example.com`',
  parse(input) {
    if (typeof input !== 'string' || !URL.canParse(input)) return undefined
    const url = new URL(input)
    const isOrigin = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
    return isOrigin && /^https?:$/.test(url.protocol) ? url.origin : undefined
  },
  show: (value) => value,
}

export const originList: Kind<readonly string[]> = {
  wanted: 'origins such as `https://admin.example.com`, separated by commas',
  parse(input) {
    const parsed = listItems(input)?.map(origin.parse)
    return parsed?.every((item) => item !== undefined) === true ? parsed : undefined
  },
  show: (value) => value.join(','),
}

export const proxies: Kind<readonly string[] | number> = {
  wanted: 'how many proxies stand in front, or their addresses and CIDR blocks separated by commas',
  parse(input) {
    const count = integer(0, 16).parse(input)
    if (count !== undefined) return count
    const items = listItems(input)
    return items?.every((item) => /^[0-9a-f.:]+(\/\d{1,3})?$/i.test(item)) === true ? items : undefined
  },
  show: (value) => (typeof value === 'number' ? String(value) : value.join(',')),
}

function listItems(input: unknown): readonly string[] | undefined {
  const items: unknown = typeof input === 'string' ? input.split(',').map((item) => item.trim()) : input
  if (!Array.isArray(items)) return undefined
  const filled = items.filter((item) => item !== '')
  return filled.every((item): item is string => typeof item === 'string') ? filled : undefined
}
