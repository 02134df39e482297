import { toUtf8 } from '../platform/bytes.ts'
import type { Answer } from '../methods/route.ts'
import type { Cookies } from './cookies.ts'
import type { Outgoing } from './exchange.ts'
import { problemBody, problemContentType, problemHeaders, problemStatus, type Refusal } from './problem.ts'

/** How answers are written on this deployment: the headers that stand on all of them, put together once. */
export interface AnswerWriter {
  /** An answer of a route. `headers` come on top (request id, CORS). */
  success(answer: Answer & { readonly ok: true }, headers: readonly string[]): Outgoing
  refusal(refusal: Refusal, headers: readonly string[], setCookies?: readonly string[]): Outgoing
  /** An answer without a body: preflights and OPTIONS. */
  empty(headers: readonly string[]): Outgoing
}

export function createAnswerWriter(always: readonly string[], cookies: Cookies): AnswerWriter {
  const json = [...always, 'content-type', 'application/json; charset=utf-8']
  const problem = [...always, 'content-type', problemContentType]
  return {
    success({ status, body, cookies: effects, headers: own }, headers) {
      const setCookies = effects === undefined ? none : cookieHeaders(cookies.write(effects))
      if (own !== undefined) {
        const base = body === undefined ? always : json
        return { status, headers: [...overridden(base, own), ...headers, ...setCookies], body: encoded(body, own) }
      }
      if (body === undefined) return { status, headers: [...always, ...headers, ...setCookies], body: null }
      return { status, headers: [...json, ...headers, ...setCookies], body: JSON.stringify(body) }
    },
    refusal: (refusal, headers, setCookies = none) => ({
      status: problemStatus(refusal.problem),
      headers: [...problem, ...problemHeaders(refusal), ...headers, ...cookieHeaders(setCookies)],
      body: problemBody(refusal),
    }),
    empty: (headers) => ({ status: 204, headers: [...always, ...headers], body: null }),
  }
}

/** A HEAD answer: the headers of GET and the length of what GET would have sent (RFC 9110 section 9.3.2). */
export function withoutBody({ status, headers, body }: Outgoing): Outgoing {
  if (body === null) return { status, headers, body }
  const bytes = typeof body === 'string' ? toUtf8(body) : body
  return { status, headers: [...headers, 'content-length', String(bytes.byteLength)], body: null }
}

const none: readonly string[] = []

function cookieHeaders(setCookies: readonly string[]): readonly string[] {
  return setCookies.flatMap((value) => ['set-cookie', value])
}

/** A route that names its own content type hands over text or bytes as they are. */
function encoded(body: unknown, own: Readonly<Record<string, string>>): string | Uint8Array | null {
  if (body === undefined) return null
  const namesType = Object.keys(own).some((name) => name.toLowerCase() === 'content-type')
  return namesType && (typeof body === 'string' || body instanceof Uint8Array) ? body : JSON.stringify(body)
}

function overridden(base: readonly string[], own: Readonly<Record<string, string>>): readonly string[] {
  const headers: string[] = []
  const names = new Set<string>()
  for (const [name, value] of Object.entries(own)) {
    // RFC 9110 section 5.5. Values come from routes; one with a line break would end the header (ASVS 4.2.4).
    if (!/^[\t\x20-\x7e]*$/.test(value)) throw new TypeError(`a value of header ${name} is not plain text`)
    names.add(name.toLowerCase())
    headers.push(name.toLowerCase(), value)
  }
  for (let i = 0; i < base.length; i += 2) {
    const name = base[i] ?? ''
    if (!names.has(name)) headers.push(name, base[i + 1] ?? '')
  }
  return headers
}
