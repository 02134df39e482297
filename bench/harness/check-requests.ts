import type { Operation } from './contestant.ts'

interface Checks {
  readonly handle: (request: Request, remoteAddress: string) => Promise<Response>
  readonly url: string
  /** Cookie headers of people who are signed in. */
  readonly cookies: readonly string[]
}

/** Asks who is signed in with as little work of the harness as there can be: it would count for the fastest most. */
export function checkRequests({ handle, url, cookies }: Checks): Operation {
  const all = cookies.map((cookie, index) => ({
    headers: { cookie, 'user-agent': 'LatchkeyBench/1.0' },
    remoteAddress: `198.18.0.${1 + (index % 200)}`,
  }))
  return {
    async run(index) {
      const { headers, remoteAddress } = all[index % all.length] as (typeof all)[number]
      const response = await handle(new Request(url, { headers }), remoteAddress)
      const text = await response.text()
      // The peers answer 200 and `null` to strangers.
      if (response.status !== 200 || text.length < 20)
        throw new Error(`nobody is signed in: ${response.status} ${text}`)
    },
  }
}

/** The same question by the application's own server code, without a response to be made. */
export function checkHeaders(
  getSession: (headers: Headers) => Promise<unknown>,
  cookies: readonly string[],
): Operation {
  return {
    async run(index) {
      const headers = new Headers({ cookie: cookies[index % cookies.length] ?? '' })
      const session = await getSession(headers)
      if (session == null) throw new Error('nobody is signed in')
    },
  }
}
