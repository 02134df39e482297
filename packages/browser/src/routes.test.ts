import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createClient } from './client.ts'

/** Routes that no page calls: administration, what browsers are led to, and what programs read. The turn of tokens is the client's own. */
const notForPages: readonly string[] = [
  'GET /sign-in/magic-link',
  'GET /sign-in/oauth/{}/callback',
  'GET /.well-known/jwks.json',
  'GET /openapi.json',
  'POST /session/refresh',
]
/** In development alone, so in no document. */
const inDevelopment: readonly string[] = ['POST /admin-link/claim']

async function documented(): Promise<readonly string[]> {
  const file = new URL('../../../docs/openapi.json', import.meta.url)
  const { paths } = JSON.parse(await readFile(file, 'utf8')) as { readonly paths: Record<string, object> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    path.startsWith('/admin')
      ? []
      : Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`),
  )
}

/** What every method of the client asks for; `{}` in place of ids. */
async function spoken(): Promise<readonly string[]> {
  const lines: string[] = []
  const client = createClient({
    baseUrl: '/auth',
    fetch: (input, init) => {
      const path = String(input as string).replace('/auth', '')
      lines.push(`${init?.method} ${path.replaceAll('%7B%7D', '{}')}`)
      return Promise.resolve(new Response(null, { status: 204 }))
    },
  })
  const { onSessionChange: _listens, accessToken: _tells, activity, ...routes } = client
  for (const call of Object.values(routes) as readonly ((id: string, input: object) => Promise<unknown>)[]) {
    await call('{}', {})
  }
  await activity()
  return lines
}

describe('the client', () => {
  it('speaks every route of the contract that is for pages, and no other', async () => {
    const [inDocument, inClient] = [await documented(), await spoken()]
    expect(inDocument.length).toBeGreaterThan(40)
    expect(inClient.toSorted()).toEqual(
      [...inDocument.filter((line) => !notForPages.includes(line)), ...inDevelopment].toSorted(),
    )
  })
})
