import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresDatabase, postgresIsThere } from '../databases/servers.ts'
import { eventually } from '../journey/eventually.ts'
import { startServer } from '../mail-server.ts'
import { productionSettings } from './production.ts'
import { runCli } from './run-cli.ts'
import { freePort, launchServer, startServerProcess, type ServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const email = 'ada@example.com'
const password = 'correct horse battery staple'

interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly bytes: Buffer
}

/** node:http, because fetch does not send a Host of one's own. */
function ask(
  server: ServerProcess,
  path: string,
  options: {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  } = {},
): Promise<RawAnswer> {
  const { method = 'GET', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => void chunks.push(chunk))
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function production(more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const mailServer = await startServer()
  const port = await freePort()
  const environment = productionSettings({ publicUrl: `http://localhost:${port}`, smtpPort: mailServer.port })
  return startServerProcess({ directory: temporaryFolder(), port, environment: { ...environment, ...more } })
}

describe('development mode', () => {
  it('answers this machine by its own names alone, on every path', async () => {
    const server = await startServerProcess({ directory: temporaryFolder(), arguments: ['--dev'] })
    const paths = [
      '/',
      '/sign-in',
      '/dev/mailbox',
      '/dev/mailbox.json',
      '/healthz',
      '/readyz',
      '/metrics',
      '/auth/config',
    ]
    for (const path of paths) {
      for (const host of [`localhost:${server.port}`, `127.0.0.1:${server.port}`, `[::1]:${server.port}`]) {
        expect(await ask(server, path, { headers: { host } })).toMatchObject({ status: 200 })
      }
      for (const host of ['evil.example', `localhost.evil.example:${server.port}`, '0.0.0.0', '169.254.169.254']) {
        expect(await ask(server, path, { headers: { host } })).toMatchObject({ status: 403 })
      }
      for (const name of ['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-real-ip']) {
        const headers = { host: 'localhost', [name]: '203.0.113.7' }
        expect(await ask(server, path, { headers })).toMatchObject({ status: 403 })
      }
    }
  })

  it('listens on loopback alone, tells where, and makes its secret once', async () => {
    const directory = temporaryFolder()
    const server = await startServerProcess({ directory, arguments: ['--dev'] })
    await eventually(() => Promise.resolve(server.output().includes('Ctrl+C') || undefined), 'the banner')
    expect(server.output()).toContain(`Pages          http://localhost:${server.port}`)
    expect(server.output()).toContain(`Mailbox        http://localhost:${server.port}/dev/mailbox`)
    expect(server.output()).toMatch(/Administrator {2}http:\/\/localhost:\d+\/admin-link#token=/)
    const listening = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8')
    const hexPort = server.port.toString(16).toUpperCase().padStart(4, '0')
    const addresses = [...listening.matchAll(/: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A/g)]
    const own = addresses.filter((match) => match[2] === hexPort).map((match) => match[1])
    expect(own.length).toBeGreaterThan(0)
    expect(own.every((address) => ['0100007F', '00000000000000000000000001000000'].includes(address ?? ''))).toBe(true)

    const secretFile = join(directory, 'data', 'development-secret')
    expect(statSync(secretFile).mode & 0o777).toBe(0o600)
    const secret = readFileSync(secretFile, 'utf8')
    expect(server.output()).not.toContain(secret.trim())
    expect(await server.stop()).toBe(0)
    const again = await startServerProcess({ directory, arguments: ['--dev'] })
    expect(readFileSync(secretFile, 'utf8')).toBe(secret)
    expect(await again.stop()).toBe(0)
  })

  it('gives no administrator link once there is an administrator', async () => {
    const directory = temporaryFolder()
    await runCli(['migrate'], { directory })
    const environment = { LATCHKEY_SECRET: 'Zk3vQ9pL0sXw7TbN2yRf5HcJ8mGd4UeA' }
    await runCli(['user', 'create', email, '--admin'], { directory, environment, input: password })
    const server = await startServerProcess({ directory, arguments: ['--dev'], environment })
    await eventually(() => Promise.resolve(server.output().includes('Ctrl+C') || undefined), 'the banner')
    expect(server.output()).not.toContain('admin-link')
    expect(await server.stop()).toBe(0)
  })

  it.each([
    [{ NODE_ENV: 'production' }, 'NODE_ENV=production'],
    [{ LATCHKEY_PUBLIC_URL: 'https://auth.example.com' }, 'LATCHKEY_PUBLIC_URL'],
    [{ HOST: '0.0.0.0' }, 'HOST=0.0.0.0'],
    [{ LATCHKEY_TRUSTED_PROXIES: '10.0.0.0/8' }, 'LATCHKEY_TRUSTED_PROXIES'],
  ])('is refused with %o', async (environment: Record<string, string>, name) => {
    const server = await launchServer({ directory: temporaryFolder(), arguments: ['--dev'], environment })
    expect(await server.ended).toBe(3)
    expect(server.output()).toContain(`--dev is refused with ${name}`)
  })
})

describe('production', () => {
  it('refuses to start without secret, address and mail server, and says what to do', async () => {
    const server = await launchServer({ directory: temporaryFolder() })
    expect(await server.ended).toBe(3)
    for (const name of ['LATCHKEY_SECRET', 'LATCHKEY_PUBLIC_URL', 'SMTP_HOST']) {
      expect(server.output()).toContain(`${name} is missing`)
    }
    expect(server.output()).toContain('openssl rand -base64 32')
    const placeholder = productionSettings(
      { publicUrl: 'http://localhost:4000', smtpPort: 25 },
      'change-me-change-me-change-me-change-me',
    )
    const careless = await launchServer({ directory: temporaryFolder(), environment: placeholder })
    expect(await careless.ended).toBe(3)
    expect(careless.output()).toContain('LATCHKEY_SECRET looks like a placeholder')
    expect(careless.output()).not.toContain('change-me')
  })

  it('has no mailbox, no administrator link and no development routes', async () => {
    const server = await production()
    expect(await ask(server, '/dev/mailbox.json')).toMatchObject({ status: 404 })
    expect(await ask(server, '/dev/mailbox')).toMatchObject({ status: 404 })
    expect(await ask(server, '/', { headers: { host: 'auth.example.com' } })).toMatchObject({ status: 200 })
    await ask(server, '/auth/sign-up', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    expect(await server.stop()).toBe(0)
    expect(server.output()).not.toContain('admin-link')
  })

  it('logs one JSON line a request: id, method, route, status and time, never the query or a person', async () => {
    const server = await production()
    await ask(server, '/auth/session?token=secret-in-the-query')
    const answer = await ask(server, '/auth/sign-in/password?next=secret-in-the-query', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    await ask(server, '/sign-in?token=secret-in-the-query')
    await ask(server, '/nowhere/secret-in-the-path', { headers: { accept: 'text/html' } })
    expect(await server.stop()).toBe(0)
    const lines = server
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const requests = lines.filter(({ msg }) => msg === 'request')
    expect(requests).toContainEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      requestId: answer.headers['x-request-id'],
      method: 'POST',
      route: 'signInWithPassword',
      status: answer.status,
      problem: expect.any(String),
      ms: expect.any(Number),
      msg: 'request',
    })
    expect(requests.map(({ route, status }) => `${String(route)} ${String(status)}`)).toEqual(
      expect.arrayContaining(['getSession 401', 'pages 200', 'none 404']),
    )
    expect(server.output()).not.toMatch(/secret-in-the|ada@example|correct horse/)
  })

  it('gives its numbers to this machine and to who has the token, not to what a proxy passes on', async () => {
    const token = 'q8Jt2Xw0vKp4Zs6Bn1Rd3Fy5Hg7Lm9Ca'
    const server = await production({ LATCHKEY_METRICS_TOKEN: token })
    const status = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await ask(server, '/metrics', { headers })).status
    const direct = await ask(server, '/metrics')
    expect(direct).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    })
    expect(direct.bytes.toString()).toMatch(/^latchkey_users 0$/m)
    expect(await status({ host: 'auth.example.com' })).toBe(401)
    expect(await status({ host: 'localhost', 'x-forwarded-for': '203.0.113.7' })).toBe(401)
    expect(await status({ host: 'auth.example.com', authorization: 'Bearer wrong' })).toBe(401)
    expect(await status({ host: 'auth.example.com', authorization: `Bearer ${token}` })).toBe(200)
    const closed = await production()
    expect((await ask(closed, '/metrics', { headers: { host: 'auth.example.com' } })).status).toBe(403)
  })

  it.runIf(postgresIsThere)(
    'with --no-migrate refuses to start on an old schema, and starts on the new one',
    async () => {
      const database = await createPostgresDatabase()
      onTestFinished(() => database.drop())
      const port = await freePort()
      const environment = productionSettings({
        publicUrl: `http://localhost:${port}`,
        smtpPort: 25,
        databaseUrl: database.url,
      })
      const directory = temporaryFolder()
      const refused = await launchServer({ directory, port, environment, arguments: ['--no-migrate'] })
      expect(await refused.ended).toBe(4)
      expect(refused.output()).toMatch(/pending.*Run `latchkey migrate`/s)
      expect(await runCli(['migrate'], { directory, environment })).toMatchObject({ code: 0 })
      const server = await startServerProcess({ directory, port, environment, arguments: ['--no-migrate'] })
      expect(await server.stop()).toBe(0)
    },
  )
})

describe('the pages', () => {
  it('come with a strict policy, and their assets for ever', async () => {
    const server = await startServerProcess({ directory: temporaryFolder(), arguments: ['--dev'] })
    const page = await ask(server, '/reset/confirm?x=1')
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    })
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|data:|\*/)
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.bytes.toString())?.[1] ?? ''
    const plain = await ask(server, script)
    expect(plain).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
      },
    })
    const packed = await ask(server, script, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed.headers['content-encoding']).toBe('br')
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2)
    expect(brotliDecompressSync(packed.bytes).equals(plain.bytes)).toBe(true)
    expect(
      (await ask(server, script, { headers: { 'accept-encoding': 'br;q=0, gzip' } })).headers['content-encoding'],
    ).toBe('gzip')
    const etag = String(page.headers['etag'])
    const same = await ask(server, '/sign-in', { headers: { 'if-none-match': `"other", W/${etag}` } })
    expect(same).toMatchObject({ status: 304, headers: { etag } })
    expect(same.bytes).toHaveLength(0)
    const head = await ask(server, '/sign-in', { method: 'HEAD' })
    expect(head.headers['content-length']).toBe(String(page.bytes.length))
    expect(head.bytes).toHaveLength(0)
  })

  it('are all that can be read, whatever path is asked for', async () => {
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'outside.txt'), 'outside')
    const server = await startServerProcess({ directory, arguments: ['--dev'] })
    for (const path of [
      '/../package.json',
      '/assets/../../index.js',
      '/%2e%2e/%2e%2e/package.json',
      '/assets/..%2f..%2findex.js',
      '/..\\index.js',
      '/assets%2f',
      '//etc/passwd',
      '/index.html',
      '/licenses.md/',
      '/sign-in/%00',
      '/data/development-secret',
    ]) {
      expect((await ask(server, path)).status).toBe(404)
    }
    expect(await ask(server, '/nowhere', { headers: { accept: 'text/html' } })).toMatchObject({
      status: 404,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
    expect(await ask(server, '/nowhere')).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    })
    expect(await ask(server, '/', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  })

  it('are those that the pages themselves know', async () => {
    const source = readFileSync(new URL('../../packages/pages/src/app.tsx', import.meta.url), 'utf8')
    const table = /const pages[^{]*\{([^}]*?)\n\}/s.exec(source)?.[1] ?? ''
    const paths = [...table.matchAll(/^ {2}'(\/[^']*)'/gm)].map((match) => match[1] ?? '')
    expect(paths.length).toBeGreaterThan(5)
    const server = await startServerProcess({ directory: temporaryFolder(), arguments: ['--dev'] })
    for (const path of paths) expect(await ask(server, path)).toMatchObject({ status: 200 })
  })
})

describe('starting', () => {
  it('says what to do when the port is taken, and touches no database', async () => {
    const taken = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const directory = temporaryFolder()
    const server = await launchServer({ directory, port, arguments: ['--dev'] })
    expect(await server.ended).toBe(5)
    expect(server.output()).toContain(`Port ${port} on 127.0.0.1 is taken by another program`)
    expect(server.output()).toContain(`PORT=${port + 1}`)
    expect((await runCli(['migrate', '--status'], { directory })).code).toBe(4)
  })

  it('says what to do when the data folder cannot be made or the address is not ours', async () => {
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'data'), 'a file')
    const server = await launchServer({ directory, arguments: ['--dev'] })
    expect(await server.ended).toBe(5)
    expect(server.output()).toMatch(/data.*Check the owner/s)
    const environment = {
      ...productionSettings({ publicUrl: 'http://localhost:4000', smtpPort: 25 }),
      HOST: '203.0.113.7',
    }
    const elsewhere = await launchServer({ directory: temporaryFolder(), environment })
    expect(await elsewhere.ended).toBe(5)
    expect(elsewhere.output()).toContain('203.0.113.7 is not an address of this machine')
  })

  it('takes any free port when asked for port 0', async () => {
    const server = await launchServer({ directory: temporaryFolder(), port: 0, arguments: ['--dev'] })
    const url = await eventually(
      () => Promise.resolve(/Pages +(http:\/\/localhost:\d+)/.exec(server.output())?.[1]),
      'the banner',
    )
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })
})

describe('stopping', () => {
  it('finishes what is running, answers nothing new, says so before, and ends with 0', async () => {
    const server = await production({ LATCHKEY_DRAIN_DELAY: '1s' })
    const slow = await halfARequest(server)
    const ended = server.stop('SIGTERM')
    const draining = await eventually(async () => {
      const answer = await ask(server, '/readyz').catch(() => undefined)
      return answer?.status === 503 ? answer : undefined
    }, 'readiness to end')
    expect(JSON.parse(draining.bytes.toString())).toEqual({ status: 'draining' })
    expect(draining.headers['connection']).toBe('close')
    expect((await ask(server, '/healthz')).status).toBe(200)
    await eventually(
      async () =>
        await ask(server, '/healthz').then(
          () => undefined,
          () => true,
        ),
      'the listener to close',
    )
    const answer = await slow.finish()
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(answer).toContain('needs_factor')
    expect(await ended).toBe(0)
  })

  it('cuts what does not end within ten seconds', async () => {
    const server = await production()
    const slow = await halfARequest(server)
    const startedAt = Date.now()
    expect(await server.stop('SIGINT')).toBe(0)
    expect(Date.now() - startedAt).toBeGreaterThan(9_000)
    expect(Date.now() - startedAt).toBeLessThan(14_000)
    expect(server.output()).toContain('still running after 10 s')
    slow.socket.destroy()
  })

  it('ends at once at the second signal', async () => {
    const server = await production()
    const slow = await halfARequest(server)
    const ended = server.stop('SIGTERM')
    await eventually(() => Promise.resolve(server.output().includes('"stopping') || undefined), 'the stop to begin')
    server.child.kill('SIGTERM')
    expect(await ended).toBe(143)
    slow.socket.destroy()
  })
})

describe('slow and oversized clients', () => {
  it('lose their connection, and headers over 16 KiB get 431', async () => {
    const server = await startServerProcess({ directory: temporaryFolder(), arguments: ['--dev'] })
    expect((await ask(server, '/', { headers: { 'x-long': 'x'.repeat(17_000) } })).status).toBe(431)
    const socket = connect(server.port, '127.0.0.1')
    const text = collect(socket)
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
    const startedAt = Date.now()
    await new Promise((resolve) => socket.once('close', resolve))
    expect(Date.now() - startedAt).toBeGreaterThan(9_000)
    expect(Date.now() - startedAt).toBeLessThan(15_000)
    expect(text()).toMatch(/^HTTP\/1\.1 408 /)
  })
})

/** A sign-up whose last byte is still to come. */
async function halfARequest(server: ServerProcess): Promise<{ readonly socket: Socket; finish(): Promise<string> }> {
  const body = JSON.stringify({ email, password })
  const socket = connect(server.port, '127.0.0.1')
  const text = collect(socket)
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  socket.write(
    `POST /auth/sign-up HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, -1)}`,
  )
  // The server has begun to read it once it has answered something that came later.
  await ask(server, '/healthz')
  return {
    socket,
    async finish() {
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.write(body.slice(-1))
      await closed
      return text()
    },
  }
}

function collect(socket: Socket): () => string {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => undefined)
  return () => text
}
