import { failureOf, isRecord, type Failure } from './problem.ts'

export interface CallOptions {
  readonly baseUrl: string
  readonly fetch: typeof fetch
  readonly timeoutMs: number
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Json = Readonly<Record<string, unknown>>
export type CallResult = { readonly ok: true; readonly body: Json } | Failure

export interface Call {
  readonly method: HttpMethod
  readonly path: string
  readonly body?: Json | undefined
  /** In token mode: the access token, `null` for a route that wants none. Not given: the session is a cookie. */
  readonly accessToken?: string | null
}

/** One request, and its answer as a value: nothing is thrown for what a server or a network may do. */
export async function call(options: CallOptions, { method, path, body, accessToken }: Call): Promise<CallResult> {
  try {
    const response = await options.fetch(`${options.baseUrl}${path}`, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body && { 'content-type': 'application/json' }),
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      // The session is a SameSite cookie of our own origin; other origins use token mode and never send credentials.
      credentials: accessToken === undefined ? 'same-origin' : 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs),
    })
    const answer = parseJson(await response.text())
    if (!response.ok) return failureOf(response.status, answer, response.headers.get('retry-after'))
    if (response.status === 204) return { ok: true, body: {} }
    return isRecord(answer) ? { ok: true, body: answer } : { ok: false, code: 'internal', status: response.status }
  } catch {
    return { ok: false, code: 'unreachable', status: 0 }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
