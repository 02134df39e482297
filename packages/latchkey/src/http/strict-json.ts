/** A parsed object. Its keys are own properties, `__proto__` included: nothing in it can reach a prototype. */
export type JsonObject = { readonly [key: string]: JsonValue }
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

export type StrictJsonResult =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly reason: StrictJsonReason }

export type StrictJsonReason = 'syntax' | 'not_an_object' | 'too_deep' | 'duplicate_key' | 'doubtful_text' | 'number'

const maxDepth = 16

/**
 * JSON as RFC 8259 has it, minus what two parsers may read differently (RFC 8259 sections 4, 6, 8.2; ASVS 1.5.3): no key twice, no lone
 * surrogates, no NUL, no number that overflows, at most 16 levels, one object at the top. `JSON.parse` would let all of those pass.
 */
export function parseStrictJson(text: string): StrictJsonResult {
  const cursor: Cursor = { text, at: 0, reason: 'syntax' }
  skipSpace(cursor)
  const isObject = text.charCodeAt(cursor.at) === openBrace
  const value = readValue(cursor, 1)
  if (value === undefined) return { ok: false, reason: cursor.reason }
  skipSpace(cursor)
  if (cursor.at !== text.length) return { ok: false, reason: 'syntax' }
  return isObject ? { ok: true, value: value as JsonObject } : { ok: false, reason: 'not_an_object' }
}

interface Cursor {
  readonly text: string
  at: number
  /** Why the last read gave up. */
  reason: StrictJsonReason
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** `undefined`: refused, see `cursor.reason`. */
function readValue(cursor: Cursor, depth: number): JsonValue | undefined {
  skipSpace(cursor)
  switch (cursor.text.charCodeAt(cursor.at)) {
    case openBrace:
      return depth > maxDepth ? refuse(cursor, 'too_deep') : readObject(cursor, depth)
    case openBracket:
      return depth > maxDepth ? refuse(cursor, 'too_deep') : readArray(cursor, depth)
    case quote:
      return readString(cursor)
    default:
      return readLiteral(cursor)
  }
}

function readObject(cursor: Cursor, depth: number): JsonObject | undefined {
  const object: Record<string, JsonValue> = {}
  cursor.at++
  if (skipSpace(cursor) === closeBrace) {
    cursor.at++
    return object
  }
  for (;;) {
    if (skipSpace(cursor) !== quote) return refuse(cursor, 'syntax')
    const key = readString(cursor)
    if (key === undefined) return undefined
    if (skipSpace(cursor) !== colon) return refuse(cursor, 'syntax')
    cursor.at++
    const value = readValue(cursor, depth + 1)
    if (value === undefined) return undefined
    if (Object.hasOwn(object, key)) return refuse(cursor, 'duplicate_key')
    // Assigning to `__proto__` would set the prototype; defining it makes an ordinary key.
    if (key === '__proto__') {
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
    } else object[key] = value
    const next = skipSpace(cursor)
    cursor.at++
    if (next === closeBrace) return object
    if (next !== comma) return refuse(cursor, 'syntax')
  }
}

function readArray(cursor: Cursor, depth: number): readonly JsonValue[] | undefined {
  const array: JsonValue[] = []
  cursor.at++
  if (skipSpace(cursor) === closeBracket) {
    cursor.at++
    return array
  }
  for (;;) {
    const value = readValue(cursor, depth + 1)
    if (value === undefined) return undefined
    array.push(value)
    const next = skipSpace(cursor)
    cursor.at++
    if (next === closeBracket) return array
    if (next !== comma) return refuse(cursor, 'syntax')
  }
}

function readString(cursor: Cursor): string | undefined {
  const { text } = cursor
  const start = cursor.at + 1
  let hasEscapes = false
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      cursor.at = at + 1
      // Bytes that were valid UTF-8 hold no lone surrogate; only an escape can write one.
      return hasEscapes ? unescape(cursor, start - 1, at + 1) : text.slice(start, at)
    }
    if (code < 0x20) return refuse(cursor, code === 0 ? 'doubtful_text' : 'syntax')
    if (code === 0x5c) {
      hasEscapes = true
      at++
    }
  }
  return refuse(cursor, 'syntax')
}

function unescape(cursor: Cursor, start: number, end: number): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(cursor.text.slice(start, end))
  } catch {
    return refuse(cursor, 'syntax')
  }
  if (typeof value !== 'string') return refuse(cursor, 'syntax')
  return value.includes('\0') || !value.isWellFormed() ? refuse(cursor, 'doubtful_text') : value
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function readLiteral(cursor: Cursor): JsonValue | undefined {
  for (const [word, value] of words) {
    if (cursor.text.startsWith(word, cursor.at)) {
      cursor.at += word.length
      return value
    }
  }
  numberPattern.lastIndex = cursor.at
  const found = numberPattern.exec(cursor.text)
  if (found === null) return refuse(cursor, 'syntax')
  cursor.at += found[0].length
  const value = Number(found[0])
  return Number.isFinite(value) ? value : refuse(cursor, 'number')
}

const words: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/** Returns the code of the next character that is no white space, `NaN` at the end. */
function skipSpace(cursor: Cursor): number {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code
    cursor.at++
  }
}

function refuse(cursor: Cursor, reason: StrictJsonReason): undefined {
  cursor.reason = reason
  return undefined
}
