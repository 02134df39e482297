import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { createMailbox } from '../../packages/latchkey/src/courier/mailbox.ts'
import { createAuth } from '../../packages/latchkey/src/engine/create-auth.ts'
import { toNodeHandler } from '../../packages/latchkey/src/adapters/node/node-handler.ts'
import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { passkey } from '../../packages/latchkey/src/methods/passkey/index.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { recoveryCode } from '../../packages/latchkey/src/methods/recovery-code/index.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'

/** An application with nothing of its own but a field, on the routes of a real server and with @latchkey/browser in the page. */
export interface PasskeySite {
  readonly url: string
  /** The newest code that was mailed to the address. */
  codeFor(email: string): Promise<string>
  /** Kinds and reasons of the audit log, oldest first. */
  events(): Promise<readonly string[]>
  close(): Promise<void>
}

const page = `<!doctype html><title>A site</title>
<input id="email" autocomplete="username webauthn">
<script type="module">
import * as latchkey from '/browser.js'
Object.assign(globalThis, { latchkey, client: latchkey.createClient({ baseUrl: '/auth' }) })
</script>`

export async function startPasskeySite(storage: Storage): Promise<PasskeySite> {
  const script = await browserPackage()
  const mailbox = createMailbox()
  const server = createServer()
  // The port is part of the origin that the engine has to know.
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}`
  const auth = createAuth({
    storage,
    secret: 'a secret for tests that is long enough',
    publicUrl: url,
    methods: [password(), emailCode(), recoveryCode(), passkey()],
    mail: mailbox,
    breachedPasswords: false,
    hashing: {
      parameters: { memoryKib: 8_192, passes: 1, lanes: 1 },
      unsafeWeakParameters: { reason: 'tests hash often' },
    },
    backgroundWork: false,
  })
  const answer = toNodeHandler(auth)
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/auth/') === true) return answer(request, response)
    const isScript = request.url === '/browser.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : page)
  })
  return {
    url,
    async codeFor(email) {
      await auth.drainOutbox()
      const mails = mailbox.list().filter((mail) => mail.to === email && mail.code !== undefined)
      return mails.toSorted((a, b) => (a.id < b.id ? 1 : -1))[0]?.code ?? ''
    },
    async events() {
      const { items } = await storage.listEvents({ limit: 200, ascending: true })
      return items.map(({ kind, data }) => {
        const { reason } = JSON.parse(data) as { readonly reason?: string }
        return reason === undefined ? kind : `${kind} ${reason}`
      })
    },
    async close() {
      await auth.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The package as an application's bundler makes it. */
async function browserPackage(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('../../packages/browser/src/index.ts', import.meta.url)),
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const { output } = result as Rolldown.RolldownOutput
  return output.map((part) => (part.type === 'chunk' ? part.code : '')).join('')
}
