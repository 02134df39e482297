import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuth } from 'latchkey'
import { createMemoryStorage } from 'latchkey/memory'
import { toNodeHandler } from 'latchkey/node'
import { password } from 'latchkey/password'
import { emailCode } from 'latchkey/email-code'
import { addressOf, createBrowser, expectStatus } from '../harness/browser.ts'
import { checkRequests } from '../harness/check-requests.ts'
import type { Contestant } from '../harness/contestant.ts'
import { codeIn, createMails } from '../harness/mails.ts'
import { benchPassword } from '../harness/people.ts'

const base = 'http://localhost:4000/auth'

/** Our engine without a database: one person, who signs up as everybody does. */
export async function create(): Promise<Contestant> {
  const mails = createMails()
  const auth = createAuth({
    storage: createMemoryStorage(),
    unsafeMemoryStorage: { reason: 'a benchmark' },
    secret: 'a secret for the benchmarks that is long enough',
    publicUrl: 'http://localhost:4000',
    methods: [password(), emailCode()],
    mail: { send: async ({ to, text }) => mails.deliver(to, text) },
    breachedPasswords: false,
  })
  const handle = (request: Request, remoteAddress: string): Promise<Response> => auth.handle(request, { remoteAddress })
  const browser = createBrowser(handle, base, addressOf(1))
  const email = 'ada@example.com'
  const mail = mails.expect(email)
  const started = await browser.send('POST', '/sign-up', { email, password: benchPassword })
  const { attempt } = expectStatus(started, 200, 'sign-up').json<{ attempt: string }>()
  const code = codeIn(await mail)
  expectStatus(await browser.send('POST', '/sign-in/factor/email-code', { attempt, code }), 200, 'sign-up')
  const cookie = browser.cookieHeader()
  return {
    operations: { 'session-check': checkRequests({ handle, url: `${base}/session`, cookies: [cookie] }) },
    async listen() {
      const server = createServer(toNodeHandler(auth))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return { port: (server.address() as AddressInfo).port, target: '/auth/session', headers: { cookie } }
    },
    close: () => auth.close(),
  }
}
