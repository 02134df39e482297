import type { ServerResponse } from 'node:http'

export interface Reply {
  readonly status: number
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** What stands on every answer that is not the engine's own (ASVS 3.4, 14.3.2). A reply may replace one by naming it. */
export function commonHeaders(publicUrl: string): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    // Two years (ASVS 3.4.1 asks for one).
    ...(publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=63072000' } : {}),
  }
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

/** RFC 9457, in the shape of the engine's own refusals. */
export function problem(
  status: number,
  code: string,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = JSON.stringify({ type: `urn:latchkey:problem:${code}`, title, status, code })
  return { status, headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers }, body }
}

export const notFound: Reply = problem(404, 'not_found', 'There is nothing here.')

export function send(
  response: ServerResponse,
  reply: Reply,
  base: Readonly<Record<string, string>>,
  withBody: boolean,
): void {
  if (response.destroyed || response.headersSent) return
  const { status, headers = {}, body } = reply
  const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
  const sized = status === 304 ? {} : { 'content-length': String(length) }
  response.writeHead(status, { ...base, ...headers, ...sized })
  response.end(withBody && status !== 304 ? body : undefined)
}
