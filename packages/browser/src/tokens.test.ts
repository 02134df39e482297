import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeClock } from '../../latchkey/src/testing/fake-clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../../latchkey/src/testing/test-auth.ts'
import { createClient, type Client, type ClientOptions } from './client.ts'
import type { TokenStorage } from './tokens.ts'

const origin = 'https://shop.example.net'
const email = 'jane@example.com'

interface Seen {
  readonly line: string
  readonly authorization: string | null
  readonly credentials: string | undefined
}

let test: TestAuth
let seen: Seen[]
/** Stands between client and engine; may lose an answer. */
let wire: (request: Request, answer: () => Promise<Response>) => Promise<Response>

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  test = createTestAuth({ clock: createFakeClock(Date.now()), allowedOrigins: [origin] })
  seen = []
  wire = (_request, answer) => answer()
  await test.signUp(email)
})

afterEach(() => {
  vi.useRealTimers()
})

async function pass(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms)
  await test.clock.advance(ms)
}

/** A page of another origin, with the real engine at the other end. */
function page(options: Partial<ClientOptions> = {}): Client {
  return createClient({
    baseUrl: 'https://app.example.com/auth',
    mode: 'token',
    fetch: async (input, init) => {
      const request = new Request(input, init)
      request.headers.set('origin', origin)
      request.headers.set('sec-fetch-site', 'cross-site')
      const line = `${request.method} ${new URL(request.url).pathname}`
      seen.push({ line, authorization: request.headers.get('authorization'), credentials: init?.credentials })
      return wire(request, () => test.auth.handle(request, { remoteAddress: '203.0.113.9' }))
    },
    ...options,
  })
}

async function signIn(client: Client): Promise<void> {
  const first = await client.signInWithPassword({ email, password: testPassword })
  if (!first.ok || first.status !== 'needs_factor') return
  const finished = await client.finishEmailCode({ attempt: first.attempt, code: await test.codeFor(email) })
  if (!finished.ok) throw new Error(finished.code)
}

function sharedStorage(): TokenStorage & { text: string | null } {
  return {
    text: null,
    read() {
      return Promise.resolve(this.text)
    },
    write(text) {
      this.text = text
      return Promise.resolve()
    },
  }
}

function turns(): number {
  return seen.filter(({ line }) => line === 'POST /auth/session/refresh').length
}

describe('token mode', () => {
  it('carries the session in the Authorization header and never sends credentials', async () => {
    const client = page()
    await signIn(client)
    expect(await client.session()).toMatchObject({ ok: true, user: { email } })
    expect(seen.at(-1)?.authorization).toMatch(/^Bearer ey/)
    expect(new Set(seen.map(({ credentials }) => credentials))).toEqual(new Set(['omit']))
    expect(await client.accessToken()).toBe(seen.at(-1)?.authorization?.slice(7))
  })

  it('keeps tokens out of every result', async () => {
    const client = page()
    const first = await client.signInWithPassword({ email, password: testPassword })
    if (!first.ok || first.status !== 'needs_factor') throw new Error('a code was expected')
    const finished = await client.finishEmailCode({ attempt: first.attempt, code: await test.codeFor(email) })
    expect(finished).toMatchObject({ ok: true, status: 'signed_in' })
    expect(JSON.stringify(finished)).not.toMatch(/ey[A-Z]|token|device/i)
  })

  it('asks without a header when nobody is signed in', async () => {
    expect(await page().session()).toMatchObject({ ok: false, code: 'unauthenticated' })
    expect(seen).toEqual([{ line: 'GET /auth/session', authorization: null, credentials: 'omit' }])
  })

  it('turns the tokens once for any number of calls, before they are over', async () => {
    const client = page()
    await signIn(client)
    await pass(14.6 * 60_000)
    const results = await Promise.all([client.session(), client.sessions(), client.factors(), client.accessToken()])
    expect(results.map((result) => typeof result === 'string' || result?.ok)).toEqual([true, true, true, true])
    expect(turns()).toBe(1)
  })

  it('turns them after a refusal and asks again', async () => {
    const client = page()
    await signIn(client)
    await test.clock.advance(16 * 60_000)
    // This device's clock stands still: only the server knows that the token is over.
    expect(await client.session()).toMatchObject({ ok: true })
    expect(seen.slice(-3).map(({ line }) => line)).toEqual([
      'GET /auth/session',
      'POST /auth/session/refresh',
      'GET /auth/session',
    ])
  })

  it('survives a turn whose answer was lost', async () => {
    const client = page()
    await signIn(client)
    await pass(15 * 60_000)
    let lost = 0
    wire = async (request, answer) => {
      const response = await answer()
      if (!request.url.endsWith('/session/refresh') || lost > 0) return response
      lost += 1
      throw new TypeError('network')
    }
    expect(await client.session()).toMatchObject({ ok: true })
    await pass(15 * 60_000)
    expect(await client.session()).toMatchObject({ ok: true })
    expect(await test.events()).not.toContain('refresh.replay_detected')
  })

  it('keeps the tokens while the server is away', async () => {
    const client = page()
    await signIn(client)
    await pass(15 * 60_000)
    wire = () => Promise.reject(new TypeError('network'))
    expect(await client.session()).toMatchObject({ ok: false, code: 'unreachable' })
    wire = (_request, answer) => answer()
    expect(await client.session()).toMatchObject({ ok: true })
  })

  it('is signed out for good once the session was revoked', async () => {
    const client = page()
    await signIn(client)
    const heard: string[] = []
    client.onSessionChange((change) => heard.push(change))
    const other = test.browser()
    await test.signIn(other, email)
    expect((await other.delete('/sessions')).status).toBe(204)
    expect(await client.session()).toMatchObject({ ok: false, code: 'unauthenticated' })
    expect(heard).toEqual(['signed_out'])
    const before = turns()
    expect(await client.session()).toMatchObject({ ok: false, code: 'unauthenticated' })
    expect(turns()).toBe(before)
  })

  it('drops the tokens at sign-out, and is remembered as a device', async () => {
    const storage = sharedStorage()
    const client = page({ tokenStorage: storage })
    await signIn(client)
    expect(await client.signOut()).toEqual({ ok: true })
    expect(storage.text).not.toMatch(/Token/)
    expect(await client.accessToken()).toBe(null)
    // No mailed code this time.
    expect(await client.signInWithPassword({ email, password: testPassword })).toMatchObject({ status: 'signed_in' })
  })

  it('shares a storage between tabs: one signs in, all are signed in, one turn serves both', async () => {
    const tokenStorage = sharedStorage()
    const tabs = [page({ tokenStorage }), page({ tokenStorage })] as const
    await signIn(tabs[0])
    expect(await tabs[1].session()).toMatchObject({ ok: true })
    await pass(15 * 60_000)
    const results = await Promise.all([...tabs, ...tabs].map((tab) => tab.sessions()))
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, true])
    expect(turns()).toBe(1)
    await tabs[1].signOut()
    expect(await tabs[0].session()).toMatchObject({ ok: false, code: 'unauthenticated' })
  })

  it('is signed out where the storage holds something else', async () => {
    const tokenStorage = sharedStorage()
    tokenStorage.text = 'not JSON'
    const client = page({ tokenStorage })
    expect(await client.session()).toMatchObject({ ok: false, code: 'unauthenticated' })
    await signIn(client)
    expect(await client.session()).toMatchObject({ ok: true })
  })

  it('goes on under the new pair after a password change', async () => {
    const client = page()
    await signIn(client)
    const changed = await client.changePassword({ currentPassword: testPassword, password: 'two herons on the weir' })
    expect(changed.ok).toBe(true)
    expect(JSON.stringify(changed)).not.toContain('Token')
    await pass(15 * 60_000)
    expect(await client.session()).toMatchObject({ ok: true })
  })
})
