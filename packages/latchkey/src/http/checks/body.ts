import { fromUtf8 } from '../../platform/bytes.ts'
import { parseStrictJson, type JsonObject } from '../strict-json.ts'
import type { Incoming } from '../exchange.ts'
import type { Refusal } from '../problem.ts'

export type BodyResult =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly refusal: Refusal }

/** Reads no byte beyond the limit, whatever Content-Length says, and parses strictly: one object, UTF-8, no doubtful text. */
export async function readJsonBody(incoming: Incoming, limitBytes: number): Promise<BodyResult> {
  // A number that is too large is believed, a small one is not: the bytes are counted.
  const claimed = Number(incoming.header('content-length') ?? 0)
  if (claimed > limitBytes) return refused({ problem: 'too_large' })
  const read = await incoming.readBody(limitBytes)
  if (!read.ok) {
    return refused(read.reason === 'too_large' ? { problem: 'too_large' } : malformed('The body ended early.'))
  }
  let text: string
  try {
    text = fromUtf8(read.bytes)
  } catch {
    return refused(malformed('The body is not UTF-8.'))
  }
  const parsed = parseStrictJson(text)
  return parsed.ok ? parsed : refused(malformed(details[parsed.reason]))
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

function refused(refusal: Refusal): BodyResult {
  return { ok: false, refusal }
}
