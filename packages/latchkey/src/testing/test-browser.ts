import type { Connection } from '../http/exchange.ts'

export interface TestAnswer {
  readonly status: number
  /** The parsed body; `undefined` when there is none. */
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
  readonly headers: Headers
  /** The `Set-Cookie` lines as they came. */
  readonly setCookies: readonly string[]
}

/** A browser that keeps cookies and sends its origin, as far as an HTTP test needs one. */
export interface TestBrowser {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>
  put(path: string, body?: unknown): Promise<TestAnswer>
  patch(path: string, body?: unknown): Promise<TestAnswer>
  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>
  /** By name, decoded; change it to play an attacker. */
  readonly cookies: Map<string, string>
}

export interface TestBrowserOptions {
  readonly handle: (request: Request, connection?: Connection) => Promise<Response>
  /** Origin of the application, e.g. `https://app.example.com`. */
  readonly origin: string
  readonly basePath: string
  /** The peer's address. Default 192.0.2.1. */
  readonly remoteAddress?: string
  readonly userAgent?: string
}

export function createTestBrowser(options: TestBrowserOptions): TestBrowser {
  const { handle, origin, basePath, remoteAddress = '192.0.2.1', userAgent = 'TestBrowser/1.0' } = options
  const cookies = new Map<string, string>()

  async function send(
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<TestAnswer> {
    const request = new Request(`${origin}${basePath}${path}`, {
      method,
      headers: {
        'user-agent': userAgent,
        ...(cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(method === 'GET' ? {} : { origin, 'sec-fetch-site': 'same-origin' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const response = await handle(request, { remoteAddress })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) keepCookie(line)
    const text = await response.text()
    return { status: response.status, text, headers: response.headers, setCookies, body: parse(text) }
  }

  function keepCookie(line: string): void {
    const [pair = ''] = line.split(';')
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (/;\s*max-age=0(;|$)/i.test(line)) cookies.delete(name)
    else cookies.set(name, pair.slice(equals + 1))
  }

  return {
    cookies,
    get: (path, headers = {}) => send('GET', path, undefined, headers),
    post: (path, body, headers = {}) => send('POST', path, body, headers),
    put: (path, body) => send('PUT', path, body, {}),
    patch: (path, body) => send('PATCH', path, body, {}),
    delete: (path, headers = {}) => send('DELETE', path, undefined, headers),
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
