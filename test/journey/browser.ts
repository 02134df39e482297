/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** What a person has in front of them: one cookie jar, same-origin requests. */
export interface Browser {
  readonly cookies: ReadonlyMap<string, string>
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
  /** Goes on at another node behind the same address. */
  moveTo(nodeUrl: string): void
}

/** @param nodeUrl where requests are sent; `publicUrl` is the origin that pages have, as behind a load balancer */
export function openBrowser(nodeUrl: string, publicUrl: string, userAgent: string): Browser {
  const cookies = new Map<string, string>()
  let node = nodeUrl
  const send = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${node}/auth${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'user-agent': userAgent,
        ...(method === 'GET' ? {} : { origin: publicUrl, 'sec-fetch-site': 'same-origin' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line)
    return readAnswer(response)
  }
  return {
    cookies,
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    delete: (path) => send('DELETE', path),
    moveTo(url) {
      node = url
    },
  }
}

/** A native app: no cookies, no origin; tokens in bodies and in the Authorization header. */
export async function callAsApp(
  nodeUrl: string,
  method: string,
  path: string,
  { body, accessToken }: { readonly body?: unknown; readonly accessToken?: string } = {},
): Promise<Answer> {
  return readAnswer(
    await fetch(`${nodeUrl}/auth${path}`, {
      method,
      headers: {
        'user-agent': 'journey-app/1.0',
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  return { status: response.status, headers: response.headers, body }
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const separator = pair.indexOf('=')
  const name = pair.slice(0, separator)
  const isOver = attributes.some((attribute) => /^max-age=0$/i.test(attribute)) || pair.length === separator + 1
  if (isOver) cookies.delete(name)
  else cookies.set(name, pair.slice(separator + 1))
}
