import { spawn, execFileSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const email = 'ada@example.com'

/** The first TypeScript block of the README, as it stands there. */
function readmeSample(): string {
  const [, sample] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  return sample ?? ''
}

describe('the packed library in an empty project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-readme-'))
  let server: ChildProcess | undefined
  let output = ''

  beforeAll(async () => {
    const npm = (args: readonly string[], cwd: string): string =>
      execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    const packed =
      npm(['pack', '--silent', '--pack-destination', folder], join(root, 'packages/latchkey'))
        .trim()
        .split('\n')
        .at(-1) ?? ''
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules/better-sqlite3/package.json'), 'utf8')) as {
      version: string
    }
    npm(['install', '--no-audit', '--no-fund', `./${packed}`, `better-sqlite3@${version}`], folder)
    // The mails are printed, so that the test can read the code as a developer would.
    const sample = readmeSample().replaceAll('3000', '3999')
    writeFileSync(
      join(folder, 'app.ts'),
      `${sample}\nsetInterval(() => console.log(JSON.stringify(mail.list().map(({ code }) => code))), 100)\n`,
    )
    server = spawn(process.execPath, ['app.ts'], {
      cwd: folder,
      env: { ...process.env, LATCHKEY_SECRET: 'q7Jw0fV2nXk5Zr8tB1mYc4Hd6Ls9GpAe', NODE_OPTIONS: '--no-warnings' },
    })
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await until(async () => (await fetch('http://localhost:3999/')).ok)
  }, 180_000)

  afterAll(() => {
    server?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has about thirty lines', () => {
    expect(readmeSample().split('\n').length).toBeLessThanOrEqual(36)
  })

  it('greets whoever signed up with the code of the mail', async () => {
    expect(await (await fetch('http://localhost:3999/')).text()).toBe('Hello stranger')
    const started = await post('/auth/sign-up', { email, password: 'correct horse battery staple' }, '')
    expect(started.status).toBe(200)
    const code = await until(() => /"(\d{6})"/.exec(output)?.[1])
    const binding = cookieOf(started)
    const { attempt } = (await started.json()) as { attempt: string }
    const finished = await post('/auth/sign-in/factor/email-code', { attempt, code }, binding)
    expect(finished.status).toBe(200)
    const greeted = await fetch('http://localhost:3999/', { headers: { cookie: cookieOf(finished) } })
    expect(await greeted.text()).toBe(`Hello ${email}`)
  })

  function post(path: string, body: unknown, cookie: string): Promise<Response> {
    return fetch(`http://localhost:3999${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:3999', cookie },
      body: JSON.stringify(body),
    })
  }

  async function until<Value>(probe: () => Value | Promise<Value>): Promise<NonNullable<Value>> {
    for (let tries = 0; tries < 100; tries++) {
      const value = await Promise.resolve(probe()).catch(() => undefined)
      if (value) return value
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`gave up waiting; the program printed:\n${output}`)
  }
})

function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}
