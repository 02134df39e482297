import { describe, expect, it } from 'vitest'
import { describeBadInput } from './bad-input.ts'
import { describeOrigins } from './origins.ts'
import type { StartServer, TestAnswer } from './suite-client.ts'
import { plantedSecret, sessionToken } from './suite-handler.ts'
import { post, readContext, useServer } from './suite-server.ts'

/** What every way to the handler must do. Run through the fetch handler and through a real server of each adapter. */
export function describeHttp(name: string, start: StartServer): void {
  describe(`HTTP through ${name}`, () => {
    describeAnswers(start)
    describeFaults(start)
    describeRequestIds(start)
    describeBadInput(start)
    describeOrigins(start)
  })
}

function describeAnswers(start: StartServer): void {
  describe('answers', () => {
    const { send, suite } = useServer(start)

    it('sends JSON with its length and the security headers', async () => {
      const answer = await send({ path: '/auth/context' })
      expect(answer.status).toBe(200)
      expect(answer.header('content-type')).toBe('application/json; charset=utf-8')
      expectSecurityHeaders(answer)
      expect(answer.header('set-cookie')).toBeNull()
      expect(answer.header('access-control-allow-origin')).toBeNull()
      expect(answer.header('vary')).toBeNull()
    })

    it('sends the security headers with a refusal too', async () => {
      const answer = await send({ path: '/auth/nowhere' })
      expect(answer.status).toBe(404)
      expect(answer.header('content-type')).toBe('application/problem+json; charset=utf-8')
      expect(answer.json()).toEqual({
        type: 'urn:latchkey:problem:not_found',
        title: 'Not found.',
        status: 404,
        code: 'not_found',
      })
      expectSecurityHeaders(answer)
    })

    it('answers nothing outside the base path', async () => {
      expect((await send({ path: '/auth/nowhere/context' })).status).toBe(404)
      expect((await send({ path: '/auth/context/' })).status).toBe(404)
      expect((await send({ path: '/auth//context' })).status).toBe(404)
    })

    it('sets, renews and clears cookies with all their attributes', async () => {
      const answer = await post(send, '/auth/people', { email: 'jane@example.com' })
      expect(answer.status).toBe(201)
      expect(answer.setCookies).toEqual([
        '__Host-latchkey=session-id.session-secret; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure',
        '__Host-latchkey-attempt=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure',
        '__Host-latchkey-device=device-id.device-secret; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure',
      ])
    })

    it('hands over cookies and a bearer token, and nothing under other names', async () => {
      const answer = await send({
        path: '/auth/context',
        headers: [
          ['cookie', 'latchkey=plain; __Host-latchkey=a.b; other="__Host-latchkey=x"; __Host-latchkey-attempt=c'],
          ['authorization', 'bearer token.of.mine'],
          ['user-agent', 'u'.repeat(300)],
        ],
      })
      const { presented, context } = readContext(answer)
      expect(presented).toEqual({ sessionToken: 'a.b', accessToken: 'token.of.mine', binding: 'c' })
      expect(context['userAgent']).toBe('u'.repeat(256))
      expect(context['ip']).toBe('127.0.0.1')
      expect(context['network']).toBe('127.0.0.1')
    })

    it('takes no value of a name that comes twice', async () => {
      const tossed = await send({
        path: '/auth/context',
        headers: [['cookie', '__Host-latchkey=mine.1; __Host-latchkey=evil.2; __Host-latchkey-device=d']],
      })
      expect(readContext(tossed).presented).toEqual({ device: 'd' })
      const split = await send({
        path: '/auth/context',
        headers: [
          ['cookie', '__Host-latchkey=mine.1'],
          ['cookie', '__Host-latchkey=mine.1'],
        ],
      })
      expect(readContext(split).presented).toEqual({})
    })

    it('takes no token of two Authorization headers', async () => {
      const answer = await send({
        path: '/auth/context',
        headers: [
          ['authorization', 'Bearer one'],
          ['authorization', 'Bearer two'],
        ],
      })
      expect(readContext(answer).presented).toEqual({})
    })

    it('asks who calls where the route wants to know', async () => {
      const stranger = await send({ path: '/auth/session' })
      expect(stranger.status).toBe(401)
      expect(stranger.header('www-authenticate')).toBe('Bearer')
      const cookie = await send({ path: '/auth/session', headers: [['cookie', `__Host-latchkey=${sessionToken}`]] })
      expect(cookie.json()).toEqual({ session: 'live' })
      const token = await send({ path: '/auth/session', headers: [['authorization', `Bearer ${sessionToken}`]] })
      expect(token.status).toBe(200)
      const admin = await send({ path: '/auth/admin/events', headers: [['authorization', `Bearer ${sessionToken}`]] })
      expect(admin.status).toBe(403)
      expect(suite().log.at(-1)).toMatchObject({ level: 'warn', fields: { route: 'adminOnly', problem: 'forbidden' } })
    })

    it('answers 204 without a body and clears the cookie', async () => {
      const answer = await send({
        method: 'DELETE',
        path: '/auth/session',
        headers: [
          ['cookie', `__Host-latchkey=${sessionToken}`],
          ['sec-fetch-site', 'same-origin'],
        ],
      })
      expect(answer.status).toBe(204)
      expect(answer.text).toBe('')
      expect(answer.header('content-type')).toBeNull()
      expect(answer.setCookies).toHaveLength(1)
      expect(answer.setCookies[0]).toContain('Max-Age=0')
    })

    it('names the methods of a path with 405, and answers OPTIONS with them', async () => {
      const refused = await send({ method: 'PUT', path: '/auth/people' })
      expect(refused.status).toBe(405)
      expect(refused.header('allow')).toBe('POST, GET, HEAD, OPTIONS')
      const pattern = await send({ method: 'PATCH', path: '/auth/people/7' })
      expect(pattern.header('allow')).toBe('GET, DELETE, HEAD, OPTIONS')
      const options = await send({ method: 'OPTIONS', path: '/auth/session' })
      expect(options.status).toBe(204)
      expect(options.header('allow')).toBe('GET, DELETE, HEAD, OPTIONS')
    })

    it('answers HEAD like GET, without the body', async () => {
      const get = await send({ path: '/auth/page' })
      const head = await send({ method: 'HEAD', path: '/auth/page' })
      expect(head.status).toBe(200)
      expect(head.text).toBe('')
      expect(head.header('content-type')).toBe(get.header('content-type'))
      expect(head.header('content-length')).toBe('11')
      expect((await send({ method: 'HEAD', path: '/auth/limited' })).status).toBe(405)
    })

    it('lets a route name another content type and caching, and a place to go', async () => {
      const page = await send({ path: '/auth/page' })
      expect(page.text).toBe('<p>page</p>')
      expect(page.header('content-type')).toBe('text/html; charset=utf-8')
      expect(page.header('cache-control')).toBe('public, max-age=60')
      expect(page.header('x-content-type-options')).toBe('nosniff')
      const leave = await send({ path: '/auth/leave' })
      expect(leave.status).toBe(303)
      expect(leave.header('location')).toBe('https://app.example.com/done')
    })

    it('decodes a parameter once, and takes none that hides a path', async () => {
      expect((await send({ path: '/auth/people/a%20b' })).json()).toEqual({ params: { id: 'a b' } })
      expect((await send({ path: '/auth/people/a%252Fb' })).json()).toEqual({ params: { id: 'a%2Fb' } })
      expect((await send({ path: '/auth/people/a%2Fb' })).status).toBe(404)
      expect((await send({ path: '/auth/people/a%00b' })).status).toBe(404)
      expect((await send({ path: `/auth/people/${'x'.repeat(300)}` })).status).toBe(404)
    })

    it('says how long to wait, in whole seconds, in the header and in the body', async () => {
      const answer = await send({ method: 'POST', path: '/auth/limited' })
      expect(answer.status).toBe(429)
      expect(answer.header('retry-after')).toBe('42')
      expect(answer.json()).toMatchObject({ code: 'rate_limited', retryAfter: 42 })
      expect(answer.setCookies).toHaveLength(1)
    })

    it('reports each answer once, by route and without the query', async () => {
      await send({ path: '/auth/people?q=%00secret' })
      expect(suite().observed.at(-1)).toMatchObject({ route: 'searchPeople', method: 'GET', status: 400 })
      expect(JSON.stringify(suite().observed)).not.toContain('secret')
    })
  })
}

function describeFaults(start: StartServer): void {
  describe('faults', () => {
    const { send, suite } = useServer(start)

    it('answers 503 with the time to wait when repeating makes sense', async () => {
      for (const code of ['storage_unavailable', 'storage_conflict', 'hashing_overloaded']) {
        const answer = await send({ method: 'POST', path: `/auth/fault/${code}` })
        expect([code, answer.status]).toEqual([code, 503])
        expect(answer.header('retry-after')).toBe('7')
        expect(answer.json()).toMatchObject({ code: 'unavailable', retryAfter: 7 })
      }
      const unknown = await send({ method: 'POST', path: '/auth/fault/outcome_unknown' })
      expect(unknown.status).toBe(503)
      expect(unknown.json()).toMatchObject({ code: 'outcome_unknown' })
    })

    it('answers everything else 500, and writes the request id and the place to the log, no message and no secret', async () => {
      for (const code of ['key_unknown', 'anything']) {
        const answer = await send({ method: 'POST', path: `/auth/fault/${code}` })
        expect([code, answer.status]).toEqual([code, 500])
        expect(answer.json()).toEqual({
          type: 'urn:latchkey:problem:internal',
          title: 'Something broke.',
          status: 500,
          code: 'internal',
        })
        const line = suite().log.at(-1)
        expect(line).toMatchObject({ level: 'error', fields: { requestId: answer.header('x-request-id') } })
        expect(JSON.stringify(line)).toContain('suite-handler')
      }
      expect(JSON.stringify(suite().log)).not.toContain(plantedSecret)
    })

    it('lets no line break into a header', async () => {
      const answer = await send({ path: '/auth/split-header' })
      expect(answer.status).toBe(500)
      expect(answer.setCookies).toEqual([])
    })
  })
}

function describeRequestIds(start: StartServer): void {
  describe('request ids and addresses', () => {
    const direct = useServer(start)
    const behind = useServer(start, { trustedProxies: ['127.0.0.0/8', '::1'] })

    it('are ours and differ', async () => {
      const given: [string, string] = ['x-request-id', 'given-by-anybody']
      const first = await direct.send({ path: '/auth/context', headers: [given] })
      const second = await direct.send({ path: '/auth/context' })
      expect(first.header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(second.header('x-request-id')).not.toBe(first.header('x-request-id'))
      expect(readContext(first).context['requestId']).toBe(first.header('x-request-id'))
    })

    it('come from a trusted proxy if they are sane', async () => {
      const send = (id: string): Promise<TestAnswer> =>
        behind.send({ path: '/auth/context', headers: [['x-request-id', id]] })
      expect((await send('edge-7f3a.1')).header('x-request-id')).toBe('edge-7f3a.1')
      expect((await send('a b"c<script>')).header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect((await send('x'.repeat(65))).header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    })

    it('believe no forwarding header without a trusted proxy', async () => {
      const answer = await direct.send({
        path: '/auth/context',
        headers: [
          ['x-forwarded-for', '203.0.113.7'],
          ['forwarded', 'for=203.0.113.7'],
          ['x-real-ip', '203.0.113.7'],
          ['cf-connecting-ip', '203.0.113.7'],
          ['true-client-ip', '203.0.113.7'],
          ['x-client-ip', '203.0.113.7'],
        ],
      })
      expect(readContext(answer).context['ip']).toBe('127.0.0.1')
    })

    it('take the address that the trusted proxy saw, whatever the client claims before it', async () => {
      const answer = await behind.send({
        path: '/auth/context',
        headers: [
          ['x-forwarded-for', '10.1.1.1, 198.51.100.9'],
          ['x-forwarded-for', '2001:db8:1:2:3:4:5:6, 127.0.0.3'],
          ['forwarded', 'for=203.0.113.7'],
        ],
      })
      expect(readContext(answer).context).toMatchObject({ ip: '2001:db8:1:2:3:4:5:6', network: '2001:db8:1:2::/64' })
    })
  })
}

function expectSecurityHeaders(answer: TestAnswer): void {
  const expected = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'strict-transport-security': 'max-age=63072000',
  }
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, answer.header(name)]))).toEqual(expected)
}
