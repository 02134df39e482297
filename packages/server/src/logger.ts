import { faultFields } from 'latchkey/node'
import { pino, type Logger } from 'pino'

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** One line for people instead of JSON. */
  readonly pretty: boolean
  readonly write: (line: string) => void
  readonly colour: boolean
}

/** Names whose values are never written, should one ever be passed by mistake. */
const secretNames = [
  'password',
  'currentPassword',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'email',
  'databaseUrl',
  'redisUrl',
]

/** Structured logs: JSON lines, or one readable line each. */
export function createLogger({ level, pretty, write, colour }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pretty ? pino.stdTimeFunctions.epochTime : pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => describeError(error, pretty) },
      redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    { write: (line) => write(pretty ? prettyLine(line, colour) : line) },
  )
}

/**
 * Drivers hang statements, values and rows on their errors, and parsers quote their input, so of foreign errors only kind, code and place
 * are written; on the terminal of the developer, who has all of that anyway, the message too.
 */
function describeError(error: unknown, withMessages: boolean): unknown {
  if (!(error instanceof Error)) return error
  return withMessages ? { ...faultFields(error), stack: error.stack } : faultFields(error)
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const colours: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 }

function prettyLine(line: string, colour: boolean): string {
  const fields = parseFields(line)
  const { time, level, msg, error, ...rest } = fields
  const paint = (code: number, text: string): string => (colour ? `\u001B[${code}m${text}\u001B[0m` : text)
  const parts = [
    paint(90, typeof time === 'number' ? timeOfDay.format(time) : ''),
    paint(colours[String(level)] ?? 0, String(level).padEnd(5)),
  ]
  if (msg === 'request') {
    const { method, route, status, ms, problem } = rest
    const told = typeof problem === 'string' ? ` ${problem}` : ''
    parts.push(`${String(method)} ${String(route)} ${String(status)}${told} ${paint(90, `${String(ms)} ms`)}`)
    return `${parts.join(' ')}\n`
  }
  parts.push(typeof msg === 'string' ? msg : '')
  const told = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  if (told.length > 0) parts.push(paint(90, told.join(' ')))
  return `${parts.join(' ')}\n${error === undefined ? '' : prettyError(error)}`
}

function prettyError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return `  ${String(error)}\n`
  const stack = 'stack' in error ? String(error.stack) : JSON.stringify(error)
  const cause = 'cause' in error ? `  caused by:\n${prettyError(error.cause)}` : ''
  return `${stack.replaceAll(/^/gm, '  ')}\n${cause}`
}

function parseFields(line: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(line)
  return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : {}
}
