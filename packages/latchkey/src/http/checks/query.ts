import type { Refusal } from '../problem.ts'

export type QueryResult =
  | { readonly ok: true; readonly value: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly refusal: Refusal }

/** Longer than any cursor, token or state of ours. */
const maxQueryLength = 8_192

/** `a=1&b=2` as text values. A parameter given twice is refused: which one counts differs from parser to parser (ASVS 15.3.7). */
export function parseQuery(query: string): QueryResult {
  if (query.length > maxQueryLength) return malformed('The query is too long.')
  const values = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined) return malformed('The query is not percent-encoded UTF-8.')
    if (name.includes('\0') || value.includes('\0')) return malformed('The query has a NUL character.')
    if (values.has(name)) return malformed('The query has a parameter twice.')
    values.set(name, value)
  }
  return { ok: true, value: Object.fromEntries(values) }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function malformed(detail: string): QueryResult {
  return { ok: false, refusal: { problem: 'malformed', detail } }
}
