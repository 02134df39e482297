import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { problems } from '../../latchkey/src/methods/problem.ts'
import { createClient, type Client } from './client.ts'
import { problemCodes } from './problem.ts'

interface Seen {
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly body: string
}

type Respond = (request: Seen, response: ServerResponse) => void

const user = {
  id: '0199-u',
  email: 'jane@example.com',
  emailVerified: true,
  name: 'Jane',
  locale: null,
  roles: [],
  createdAt: '2026-11-01T10:00:00.000Z',
}
const session = {
  id: '0199-s',
  aal: 1,
  amr: ['pwd'],
  authenticatedAt: '2026-11-01T10:00:00.000Z',
  createdAt: '2026-11-01T10:00:00.000Z',
  expiresAt: '2026-12-01T10:00:00.000Z',
}

const seen: Seen[] = []
let respond: Respond
let client: Client
let close: () => Promise<void>

beforeEach(async () => {
  seen.length = 0
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = '', url: path = '' } = request
      const entry = { method, path, contentType: request.headers['content-type'], body }
      seen.push(entry)
      respond(entry, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  client = createClient({ baseUrl: `http://127.0.0.1:${port}/auth`, timeoutMs: 400 })
  close = () =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
})

afterEach(() => close())

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function answer(status: number, body: unknown, headers?: Record<string, string>): Respond {
  return (_request, response) => json(response, status, body, headers)
}

describe('a sign-in step', () => {
  it('sends JSON to the route and answers signed_in with user and session', async () => {
    respond = answer(200, { status: 'signed_in', user, session })
    const result = await client.signInWithPassword({ email: 'jane@example.com', password: 'correct horse' })
    expect(result).toEqual({ ok: true, status: 'signed_in', user, session })
    expect(seen).toEqual([
      {
        method: 'POST',
        path: '/auth/sign-in/password',
        contentType: 'application/json',
        body: '{"email":"jane@example.com","password":"correct horse"}',
      },
    ])
  })

  it('answers needs_factor with the attempt, its factors and the masked address', async () => {
    const body = { status: 'needs_factor', attempt: 'a1', factors: ['email_code'], sentTo: 'j…@example.com' }
    respond = answer(200, body)
    expect(await client.signInWithPassword({ email: 'j@example.com', password: 'x' })).toEqual({ ok: true, ...body })
    expect(await client.signUp({ email: 'j@example.com', password: 'x' })).toEqual({ ok: true, ...body })
    expect(await client.signInWithEmailCode({ email: 'j@example.com' })).toEqual({ ok: true, ...body })
    expect(await client.stepUp()).toEqual({ ok: true, ...body })
  })

  it('leaves tokens out of the result, whatever the server sends', async () => {
    respond = answer(200, { status: 'signed_in', user, session, tokens: { accessToken: 'secret' } })
    const result = await client.finishEmailCode({ attempt: 'a1', code: '123456' })
    expect(JSON.stringify(result)).not.toContain('secret')
  })
})

describe('a failure', () => {
  it('carries the reasons by field when fields were refused', async () => {
    respond = answer(422, { code: 'password_rejected', status: 422, fields: { password: 'breached', odd: 7 } })
    expect(await client.signUp({ email: 'j@example.com', password: 'password' })).toEqual({
      ok: false,
      code: 'password_rejected',
      status: 422,
      fields: { password: 'breached' },
    })
  })

  it('carries the seconds to wait from the problem document', async () => {
    respond = answer(429, { code: 'rate_limited', status: 429, retryAfter: 61 }, { 'retry-after': '90' })
    expect(await client.requestPasswordReset({ email: 'j@example.com' })).toEqual({
      ok: false,
      code: 'rate_limited',
      status: 429,
      retryAfterSeconds: 61,
    })
  })

  it('takes the seconds from Retry-After when something in front of the server answered', async () => {
    respond = (_request, response) => response.writeHead(503, { 'retry-after': '7' }).end('<h1>Bad gateway</h1>')
    const result = await client.config()
    expect(result).toEqual({ ok: false, code: 'unavailable', status: 503, retryAfterSeconds: 7 })
  })

  it('is internal for a code that this version does not know, without echoing it', async () => {
    respond = answer(418, { code: 'constructor', status: 418 })
    expect(await client.signOut()).toEqual({ ok: false, code: 'internal', status: 418 })
  })

  it('is internal for a success that is not JSON', async () => {
    respond = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>')
    expect(await client.session()).toEqual({ ok: false, code: 'internal', status: 200 })
  })

  it('is unreachable when nobody listens', async () => {
    await close()
    close = () => Promise.resolve()
    expect(await client.session()).toEqual({ ok: false, code: 'unreachable', status: 0 })
  })

  it('is unreachable when the answer does not come in time', async () => {
    respond = () => undefined
    expect(await client.session()).toEqual({ ok: false, code: 'unreachable', status: 0 })
  })

  it('is unreachable for a redirect, which no route of the contract gives', async () => {
    respond = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end()
    expect(await client.session()).toEqual({ ok: false, code: 'unreachable', status: 0 })
    expect(seen.map(({ path }) => path)).toEqual(['/auth/session'])
  })

  it('knows exactly the codes of the server', () => {
    expect(problemCodes.toSorted()).toEqual(Object.keys(problems).toSorted())
  })
})

describe('session()', () => {
  it('shares one request among calls at the same time', async () => {
    respond = answer(200, { user, session })
    const results = await Promise.all(Array.from({ length: 20 }, () => client.session()))
    expect(results).toEqual(Array.from({ length: 20 }, () => ({ ok: true, user, session })))
    expect(seen).toHaveLength(1)
  })

  it('asks again once the request is over, also after a failure', async () => {
    respond = answer(401, { code: 'unauthenticated', status: 401 })
    expect(await client.session()).toEqual({ ok: false, code: 'unauthenticated', status: 401 })
    respond = answer(200, { user, session })
    expect(await client.session()).toEqual({ ok: true, user, session })
    expect(seen).toHaveLength(2)
  })

  it('does not hand an answer from before a sign-out to a caller after it', async () => {
    let releaseFirst = (): void => undefined
    respond = (request, response) => {
      if (request.method === 'DELETE') response.writeHead(204).end()
      else if (seen.length === 1) releaseFirst = () => json(response, 200, { user, session })
      else json(response, 401, { code: 'unauthenticated', status: 401 })
    }
    const before = client.session()
    await expect.poll(() => seen.length).toBe(1)
    expect(await client.signOut()).toEqual({ ok: true })
    const after = client.session()
    await expect.poll(() => seen.length).toBe(3)
    releaseFirst()
    expect(await after).toMatchObject({ ok: false, code: 'unauthenticated' })
    expect(await before).toMatchObject({ ok: true })
  })
})

describe('the other routes', () => {
  it('speak the contract: method, path, body', async () => {
    respond = (_request, response) => response.writeHead(204).end()
    await client.revokeSession('a/b')
    await client.revokeOtherSessions()
    await client.signOut()
    await client.changePassword({ currentPassword: 'old', password: 'new' })
    await client.resetPassword({ token: 't', password: 'new' })
    await client.finishPassword({ attempt: 'a', password: 'p' })
    await client.resendEmailCode({ attempt: 'a' })
    await client.claimAdminLink({ token: 't', email: 'a@example.com', password: 'p' })
    await client.finishMagicLink({ token: 't', code: '123456' })
    await client.startOAuth('google', { redirectTo: '/orders' })
    await client.linkIdentity('git/hub')
    await client.confirmTotp({ factorId: 'f', code: '123456' })
    await client.removeTotp()
    await client.renamePasskey('p', { name: 'Laptop' })
    await client.activity('c=')
    expect(seen.map(({ method, path, body }) => `${method} ${path} ${body}`.trim())).toEqual([
      'DELETE /auth/sessions/a%2Fb',
      'DELETE /auth/sessions',
      'DELETE /auth/session',
      'POST /auth/password/change {"currentPassword":"old","password":"new"}',
      'POST /auth/password/reset {"token":"t","password":"new"}',
      'POST /auth/sign-in/factor/password {"attempt":"a","password":"p"}',
      'POST /auth/sign-in/factor/email-code/resend {"attempt":"a"}',
      'POST /auth/admin-link/claim {"token":"t","email":"a@example.com","password":"p"}',
      'POST /auth/sign-in/magic-link/finish {"token":"t","code":"123456"}',
      'POST /auth/sign-in/oauth/google {"redirectTo":"/orders"}',
      'POST /auth/identities/git%2Fhub/link {}',
      'POST /auth/totp/confirm {"factorId":"f","code":"123456"}',
      'DELETE /auth/totp',
      'PATCH /auth/passkeys/p {"name":"Laptop"}',
      'GET /auth/account/activity?cursor=c%3D',
    ])
  })

  it('return what the server holds', async () => {
    const device = { ...session, current: true, lastSeenAt: session.createdAt, ip: '127.0.0.1', userAgent: null }
    const config = {
      appName: 'Latchkey',
      methods: { 'email-code': { digits: 6 } },
      redirectOrigins: [],
      development: true,
    }
    respond = ({ path }, response) => {
      if (path === '/auth/sessions') json(response, 200, { sessions: [device] })
      else if (path === '/auth/config') json(response, 200, config)
      else json(response, 200, { user })
    }
    expect(await client.sessions()).toEqual({ ok: true, sessions: [device] })
    expect(await client.config()).toEqual({ ok: true, config })
    expect(await client.updateAccount({ name: 'Jane' })).toEqual({ ok: true, user })
    expect(seen[2]).toMatchObject({ method: 'PATCH', path: '/auth/account', body: '{"name":"Jane"}' })
  })
})
