import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../../platform/timers.ts'
import { rawPassword } from '../hashing/raw-password.ts'
import type { RawPassword } from '../hashing/password-hasher.ts'
import { createBreachedPasswords, resolveBreachedPasswords, type BreachListFailure } from './breached-passwords.ts'
import { checkPassword } from './check-password.ts'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  body: string
}

const breached = 'battery lighthouse 41'
const digest = createHash('sha1').update(breached).digest('hex').toUpperCase()
const ports = { fetch, timers: systemTimers }

let server: Server
let rangeUrl: string
let seen: Seen[]
let answer: (response: ServerResponse) => void

beforeEach(async () => {
  seen = []
  answer = (response) => {
    const padding = Array.from({ length: 800 }, (_, index) => `${String(index).padStart(35, '0')}:0`)
    response.setHeader('content-type', 'text/plain').end([...padding, `${digest.slice(5)}:37`].join('\r\n'))
  }
  server = createServer((request, response) => {
    const entry: Seen = { method: request.method, url: request.url, headers: request.headers, body: '' }
    seen.push(entry)
    request.on('data', (chunk: Buffer) => (entry.body += chunk.toString()))
    request.on('end', () => answer(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  rangeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function raw(text: string): RawPassword {
  const password = rawPassword(text, 1_024)
  if (password === undefined) throw new Error('the test needs a password that can be one')
  return password
}

function failures(timeoutMs = 1_000): { list: ReturnType<typeof createBreachedPasswords>; told: BreachListFailure[] } {
  const told: BreachListFailure[] = []
  const onUnavailable = (reason: BreachListFailure): void => void told.push(reason)
  return { list: createBreachedPasswords({ rangeUrl, timeoutMs, onUnavailable }, ports), told }
}

describe('createBreachedPasswords', () => {
  it('finds a listed password, and only that', async () => {
    const list = createBreachedPasswords({ rangeUrl }, ports)
    expect(await list.includes(raw(breached))).toBe(true)
    expect(await list.includes(raw('battery lighthouse 42'))).toBe(false)
  })

  it('sends five hex digits of the digest and nothing else of the password', async () => {
    await createBreachedPasswords({ rangeUrl }, ports).includes(raw(breached))
    const [request] = seen
    expect(seen).toHaveLength(1)
    expect(request).toMatchObject({ method: 'GET', url: `/range/${digest.slice(0, 5)}`, body: '' })
    expect(request?.headers['add-padding']).toBe('true')
    const everything = JSON.stringify(seen).toUpperCase()
    expect(everything).not.toContain(digest.slice(5, 11))
    expect(everything).not.toContain('LIGHTHOUSE')
  })

  it('takes padding for what it is', async () => {
    answer = (response) => response.end(`${digest.slice(5)}:0`)
    expect(await createBreachedPasswords({ rangeUrl }, ports).includes(raw(breached))).toBe(false)
  })

  it('lets the password pass and tells why when the list is refused, cut, moved or gone', async () => {
    const { list, told } = failures()
    answer = (response) => response.writeHead(503).end('busy')
    expect(await list.includes(raw(breached))).toBe(false)
    answer = (response) => response.destroy()
    expect(await list.includes(raw(breached))).toBe(false)
    answer = (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
    expect(await list.includes(raw(breached))).toBe(false)
    await new Promise((resolve) => server.close(resolve))
    expect(await list.includes(raw(breached))).toBe(false)
    expect(told).toEqual(['refused', 'unreachable', 'unreachable', 'unreachable'])
    server.listen(0)
  })

  it('waits no longer than it is told, for head or body, also with a fetch that cannot be aborted', async () => {
    const { list, told } = failures(60)
    const startedAt = performance.now()
    answer = () => undefined
    expect(await list.includes(raw(breached))).toBe(false)
    answer = (response) => void response.writeHead(200).write('0'.repeat(35))
    expect(await list.includes(raw(breached))).toBe(false)
    const deaf = createBreachedPasswords(
      { rangeUrl, timeoutMs: 60, onUnavailable: (reason) => told.push(reason) },
      { timers: systemTimers, fetch: () => new Promise<Response>(() => undefined) },
    )
    expect(await deaf.includes(raw(breached))).toBe(false)
    expect(told).toEqual(['timeout', 'timeout', 'timeout'])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('refuses the password in the policy, last', async () => {
    const breaches = createBreachedPasswords({ rangeUrl }, ports)
    const context = { appName: 'Acme', contextWords: [], minLength: 8 }
    expect(await checkPassword({ password: raw(breached), ...context }, { breaches })).toBe('breached')
    const before = seen.length
    expect(await checkPassword({ password: raw('password'), ...context }, { breaches })).toBe('common')
    expect(seen).toHaveLength(before)
  })
})

describe('resolveBreachedPasswords', () => {
  it('is on by default, off in development, and does as it is told', () => {
    const production = { ...ports, development: false }
    const development = { ...ports, development: true }
    expect(resolveBreachedPasswords(undefined, production)).toBeDefined()
    expect(resolveBreachedPasswords(undefined, development)).toBeUndefined()
    expect(resolveBreachedPasswords(false, production)).toBeUndefined()
    expect(resolveBreachedPasswords(true, development)).toBeDefined()
    expect(resolveBreachedPasswords({ rangeUrl }, development)).toBeDefined()
  })

  it('asks the service that keeps the list unless another address is given', async () => {
    const asked: string[] = []
    const list = resolveBreachedPasswords(undefined, {
      timers: systemTimers,
      development: false,
      fetch: (url) => {
        asked.push(url)
        return Promise.resolve(new Response(''))
      },
    })
    expect(await list?.includes(raw(breached))).toBe(false)
    expect(asked).toEqual([`https://api.pwnedpasswords.com/range/${digest.slice(0, 5)}`])
  })
})
