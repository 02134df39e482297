import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { Auth, type AuthConfig } from '@auth/core'
import Credentials from '@auth/core/providers/credentials'
import BetterSqlite3 from 'better-sqlite3'
import { addressOf, createBrowser, expectStatus, inParallel, type Browser } from '../harness/browser.ts'
import { checkRequests } from '../harness/check-requests.ts'
import type { Contestant, ContestantOptions } from '../harness/contestant.ts'
import { createSqliteFile } from '../harness/databases.ts'
import { createHasher } from '../harness/hasher.ts'
import { benchPassword } from '../harness/people.ts'

const base = 'http://localhost:4000/auth'

/** Auth.js with credentials and JWT sessions. The look-up of the person is the application's: one prepared statement. */
export async function create(options: ContestantOptions): Promise<Contestant> {
  const file = await createSqliteFile()
  const database = new BetterSqlite3(file.url)
  database.pragma('journal_mode = WAL')
  database.exec('CREATE TABLE person (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, hash TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO person (id, email, hash) VALUES (?, ?, ?)')
  const find = database.prepare<[string], { readonly id: string; readonly hash: string }>(
    'SELECT id, hash FROM person WHERE email = ?',
  )
  const hasher = createHasher(options)
  const configuration: AuthConfig = {
    basePath: '/auth',
    trustHost: true,
    secret: 'a secret for the benchmarks that is long enough',
    session: { strategy: 'jwt' },
    logger: { error: () => undefined, warn: () => undefined, debug: () => undefined },
    providers: [
      Credentials({
        credentials: { email: {}, password: {} },
        async authorize({ email, password }) {
          const found = find.get(String(email))
          const matches = found !== undefined && (await hasher.verify({ hash: found.hash, password: String(password) }))
          return matches ? { id: found.id, email: String(email) } : null
        },
      }),
    ],
  }
  const handle = (request: Request): Promise<Response> => Auth(request, configuration) as Promise<Response>
  let visitors = 0
  const csrfTokens = new Map<Browser, string>()
  const signIn = async (browser: Browser, email: string): Promise<void> => {
    const csrfToken = csrfTokens.get(browser) ?? ''
    const body = new URLSearchParams({ csrfToken, email, password: benchPassword })
    const answer = await browser.send('POST', '/callback/credentials', body, { 'x-auth-return-redirect': '1' })
    expectStatus(answer, 200, 'sign-in')
    if (!browser.cookies.has(sessionCookie)) throw new Error(`nobody was signed in: ${answer.text}`)
  }
  const people = await inParallel(options.people ?? 200, async () => {
    const email = `person-${++visitors}@example.com`
    insert.run(String(visitors), email, await hasher.hash(benchPassword))
    const browser = createBrowser(handle, base, addressOf(visitors))
    const { csrfToken } = (await browser.send('GET', '/csrf')).json<{ csrfToken: string }>()
    csrfTokens.set(browser, csrfToken)
    await signIn(browser, email)
    return { email, browser }
  })
  const personOf = (index: number): (typeof people)[number] => people[index % people.length] as (typeof people)[number]
  return {
    operations: {
      'session-check': checkRequests({
        handle,
        url: `${base}/session`,
        cookies: people.map(({ browser }) => browser.cookieHeader()),
      }),
      'sign-in': {
        async run(index) {
          const { email, browser } = personOf(index)
          browser.cookies.delete(sessionCookie)
          await signIn(browser, email)
        },
      },
    },
    async listen() {
      const server = createServer((message, response) => {
        const request = new Request(new URL(message.url ?? '', 'http://localhost:4000'), {
          headers: message.headers as Record<string, string>,
        })
        void handle(request).then((answer) => {
          response.writeHead(answer.status, [...answer.headers].flat())
          if (answer.body === null) response.end()
          else Readable.fromWeb(answer.body as never).pipe(response)
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const cookie = people[0]?.browser.cookieHeader() ?? ''
      return { port: (server.address() as AddressInfo).port, target: '/auth/session', headers: { cookie } }
    },
    async close() {
      database.close()
      await file.drop()
    },
  }
}

const sessionCookie = 'authjs.session-token'
