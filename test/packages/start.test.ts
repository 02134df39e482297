import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** An application in a process of its own, to its first answer; prints every file that Node loaded for it. */
const application = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  const { createAuth } = await import('latchkey')
  const { emailCode } = await import('latchkey/email-code')
  const { toNodeHandler } = await import('latchkey/node')
  const { password } = await import('latchkey/password')
  const { createSqliteStorage } = await import('latchkey/sqlite')
  const storage = await createSqliteStorage({ filename: ':memory:' })
  await storage.migrate()
  const auth = createAuth({
    storage,
    secret: 'a secret for the tests that is long enough',
    publicUrl: 'http://localhost:4000',
    methods: [password(), emailCode()],
    mail: { send: async () => undefined },
  })
  if (typeof toNodeHandler(auth) !== 'function') throw new Error('no handler')
  const { status } = await auth.handle(new Request('http://localhost:4000/auth/session'))
  console.log(JSON.stringify({ status, loaded }))
  await auth.close()
  await storage.close()`

// Counts instead of milliseconds: they are the same on a busy machine. A few percent above what was measured when they were set;
// as single modules they were 240 files.
const files = 24
const sourceKb = 490

describe('an application with passwords, e-mailed codes and SQLite, to its first answer', () => {
  let loaded: readonly string[] = []
  let status = 0

  beforeAll(async () => {
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', application], { cwd: root })
    ;({ loaded, status } = JSON.parse(stdout) as { loaded: readonly string[]; status: number })
  })

  it('loads few files of the library, and little text', () => {
    expect(status).toBe(401)
    const own = loaded.filter((url) => url.includes('/latchkey/dist/'))
    expect(own.length).toBeGreaterThan(5)
    expect(own.length).toBeLessThanOrEqual(files)
    const bytes = own.reduce((sum, url) => sum + readFileSync(fileURLToPath(url)).length, 0)
    expect(bytes / 1_000).toBeLessThanOrEqual(sourceKb)
  })

  it('leaves for later what a first answer does not need', () => {
    const later =
      /argon2|bcrypt|nodemailer|oauth4webapi|uqr|common-passwords|openapi-document|smtp|postgres|mysql|memory|chunks\/(passkey|totp|oauth)/
    expect(loaded.filter((url) => later.test(url))).toEqual([])
  })
})
