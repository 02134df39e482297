import { fromUtf8 } from '../../platform/bytes.ts'
import { parseStrictJson, type JsonObject } from '../strict-json.ts'
import type { Incoming } from '../exchange.ts'
import type { Refusal } from '../problem.ts'
import { isPlainJson } from './content-type.ts'
import { unknownField } from './fields.ts'
import { parseQuery } from './query.ts'

export type BodyResult =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly refusal: Refusal }

/** Reads no byte beyond the limit, whatever Content-Length says, and parses strictly: one object, UTF-8, no doubtful text. */
export async function readJsonBody(incoming: Incoming, limitBytes: number): Promise<BodyResult> {
  const read = await readBytes(incoming, limitBytes)
  return read.ok ? parseBytes(read.bytes) : read
}

/** The same limit for a form: names and values as texts, none twice. */
export async function readFormBody(incoming: Incoming, limitBytes: number): Promise<BodyResult> {
  const read = await readBytes(incoming, limitBytes)
  if (!read.ok) return read
  const text = decode(read.bytes)
  return text === undefined ? { ok: false, refusal: malformed('The body is not UTF-8.') } : parseQuery(text)
}

/**
 * For routes that take no fields: nothing or an empty object. Some servers hand over a body for every unsafe method, so only its bytes tell
 * whether there is one.
 */
export async function readNoFields(incoming: Incoming, limitBytes: number): Promise<Refusal | undefined> {
  const read = await readBytes(incoming, limitBytes)
  if (!read.ok) return read.refusal
  if (read.bytes.byteLength === 0) return undefined
  if (!isPlainJson(incoming)) return { problem: 'unsupported_media_type' }
  const parsed = parseBytes(read.bytes)
  if (!parsed.ok) return parsed.refusal
  const [name] = Object.keys(parsed.value)
  return name === undefined ? undefined : unknownField(name)
}

type BytesResult = { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly refusal: Refusal }

async function readBytes(incoming: Incoming, limitBytes: number): Promise<BytesResult> {
  // A number that is too large is believed, a small one is not: the bytes are counted.
  const claimed = Number(incoming.header('content-length') ?? 0)
  if (claimed > limitBytes) return { ok: false, refusal: { problem: 'too_large' } }
  const read = await incoming.readBody(limitBytes)
  if (read.ok) return read
  const refusal: Refusal = read.reason === 'too_large' ? { problem: 'too_large' } : malformed('The body ended early.')
  return { ok: false, refusal }
}

function parseBytes(bytes: Uint8Array): BodyResult {
  const text = decode(bytes)
  if (text === undefined) return { ok: false, refusal: malformed('The body is not UTF-8.') }
  const parsed = parseStrictJson(text)
  return parsed.ok ? parsed : { ok: false, refusal: malformed(details[parsed.reason]) }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes)
  } catch {
    return undefined
  }
}

const details = {
  syntax: 'The body is not JSON.',
  not_an_object: 'The body must be one JSON object.',
  too_deep: 'The body is nested too deeply.',
  duplicate_key: 'The body has a key twice.',
  doubtful_text: 'The body has a NUL character or half a surrogate pair in a text.',
  number: 'The body has a number that does not fit.',
} as const

function malformed(detail: string): Refusal {
  return { problem: 'malformed', detail }
}
