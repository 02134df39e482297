/** Enough of a browser to sign in: keeps cookies, sends its origin. The same for every contestant. */
export interface Browser {
  readonly cookies: Map<string, string>
  cookieHeader(): string
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** The parsed body. Shapes differ by contestant, so whoever reads it says what is there. */
  json<Shape>(): Shape
}

export type Handle = (request: Request, remoteAddress: string) => Promise<Response>

export function createBrowser(handle: Handle, base: string, remoteAddress: string): Browser {
  const { origin } = new URL(base)
  const cookies = new Map<string, string>()
  const cookieHeader = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    cookies,
    cookieHeader,
    async send(method, path, body, headers = {}) {
      const isForm = body instanceof URLSearchParams
      const request = new Request(`${base}${path}`, {
        method,
        headers: {
          'user-agent': 'LatchkeyBench/1.0',
          ...(cookies.size === 0 ? {} : { cookie: cookieHeader() }),
          ...(method === 'GET' ? {} : { origin, 'sec-fetch-site': 'same-origin' }),
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
        redirect: 'manual',
      })
      const response = await handle(request, remoteAddress)
      for (const line of response.headers.getSetCookie()) keep(cookies, line)
      const text = await response.text()
      return { status: response.status, text, headers: response.headers, json: <Shape>() => JSON.parse(text) as Shape }
    },
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals)
  if (/;\s*max-age=0(;|$)/i.test(line) || pair.length === equals + 1) cookies.delete(name)
  else cookies.set(name, pair.slice(equals + 1))
}

/** @throws when the answer has another status: a wrong answer has no speed. */
export function expectStatus(answer: Answer, status: number, what: string): Answer {
  if (answer.status === status) return answer
  throw new Error(`${what}: ${answer.status} in place of ${status}: ${answer.text.slice(0, 300)}`)
}

/** An address of the documentation and benchmark ranges (RFC 5737, RFC 2544) for each visitor. */
export function addressOf(visitor: number): string {
  return `198.${18 + (Math.floor(visitor / 65_536) % 2)}.${Math.floor(visitor / 256) % 256}.${visitor % 256}`
}

/** Several at a time: setting up is not what is measured. */
export async function inParallel<Made>(count: number, make: () => Promise<Made>): Promise<readonly Made[]> {
  const made: Made[] = []
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun++
      made.push(await make())
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return made
}
