import { describe, expect, it } from 'vitest'
import type { StartServer, TestAnswer } from './suite-client.ts'
import { readContext, useServer } from './suite-server.ts'

type Headers = readonly (readonly [string, string])[]

const own = 'https://app.example.com'
const allowed = 'https://admin.example.com'

/** CSRF and CORS as the HTTP contract has them, case by case. */
export function describeOrigins(start: StartServer): void {
  describe('origins', () => {
    const { send, suite } = useServer(start, { allowedOrigins: [allowed] })
    const post = (headers: Headers): Promise<TestAnswer> => send({ method: 'POST', path: '/auth/context', headers })
    const statusOf = async (headers: Headers): Promise<number> => (await post(headers)).status
    const cookie = ['cookie', '__Host-latchkey=a.b'] as const

    it('lets own pages and the address bar through, by fetch metadata', async () => {
      expect(await statusOf([['sec-fetch-site', 'same-origin'], cookie])).toBe(200)
      expect(await statusOf([['sec-fetch-site', 'none'], cookie])).toBe(200)
      expect(await statusOf([['sec-fetch-site', 'same-origin'], ['origin', own], cookie])).toBe(200)
    })

    it('refuses other sites, sibling sites and nonsense, cookie or not', async () => {
      for (const site of ['cross-site', 'same-site', '', 'Same-Origin', 'same-origin, cross-site']) {
        expect([site, await statusOf([['sec-fetch-site', site]])]).toEqual([site, 403])
        expect([site, await statusOf([['sec-fetch-site', site], ['origin', own], cookie])]).toEqual([site, 403])
      }
      const twice: Headers = [
        ['sec-fetch-site', 'same-origin'],
        ['sec-fetch-site', 'cross-site'],
      ]
      expect(await statusOf(twice)).toBe(403)
    })

    it('lets an allowed origin through, with tokens alone', async () => {
      for (const site of ['cross-site', 'same-site']) {
        const answer = await post([
          ['sec-fetch-site', site],
          ['origin', allowed],
          cookie,
          ['authorization', 'Bearer t'],
        ])
        expect(answer.status).toBe(200)
        expect(readContext(answer).presented).toEqual({ accessToken: 't' })
      }
      expect(readContext(await post([['origin', allowed], cookie])).presented).toEqual({})
    })

    it('goes by Origin where a browser sends no fetch metadata', async () => {
      expect(readContext(await post([['origin', own], cookie])).presented).toEqual({ sessionToken: 'a.b' })
      for (const origin of [
        'null',
        '',
        'https://evil.example',
        'http://app.example.com',
        'https://app.example.com:444',
        'https://app.example.com.evil.example',
        'https://app.example.com@evil.example',
        'https://xapp.example.com',
        'https://APP.example.com',
        'https://app.example.com/',
        `${own}, https://evil.example`,
        'https://sub.admin.example.com',
      ]) {
        expect([origin, await statusOf([['origin', origin]])]).toEqual([origin, 403])
      }
      const twice: Headers = [
        ['origin', own],
        ['origin', 'https://evil.example'],
      ]
      expect(await statusOf(twice)).toBe(403)
    })

    it('takes a request with neither for no browser, and then only without a cookie', async () => {
      expect(await statusOf([])).toBe(200)
      expect(await statusOf([['referer', 'https://evil.example/']])).toBe(200)
      expect(await statusOf([cookie])).toBe(403)
      expect(await statusOf([['cookie', 'theme=dark']])).toBe(403)
    })

    it('checks every unsafe method, before it looks at the body', async () => {
      const headers: Headers = [['origin', 'https://evil.example']]
      expect((await send({ method: 'DELETE', path: '/auth/session', headers })).status).toBe(403)
      expect((await send({ method: 'POST', path: '/auth/people', headers, body: '[' })).status).toBe(403)
      const refused = await post(headers)
      expect(refused.json()).toMatchObject({ code: 'csrf' })
      expect(suite().log.at(-1)).toMatchObject({ level: 'warn', fields: { route: 'echoContext', problem: 'csrf' } })
    })

    it('lets safe methods be, and tells a foreign page nothing', async () => {
      const answer = await send({
        path: '/auth/context',
        headers: [
          ['sec-fetch-site', 'cross-site'],
          ['sec-fetch-dest', 'image'],
          ['origin', 'https://evil.example'],
        ],
      })
      expect(answer.status).toBe(200)
      expect(answer.header('cross-origin-resource-policy')).toBe('same-origin')
      expect(answer.header('access-control-allow-origin')).toBeNull()
      expect(answer.header('vary')).toBe('origin')
    })

    it('gives the CORS headers to allowed origins, and never credentials', async () => {
      const answer = await send({ path: '/auth/context', headers: [['origin', allowed]] })
      expect(answer.header('access-control-allow-origin')).toBe(allowed)
      expect(answer.header('access-control-expose-headers')).toBe('retry-after, x-request-id')
      expect(answer.header('access-control-allow-credentials')).toBeNull()
      expect(answer.header('vary')).toBe('origin')
      const refused = await send({ path: '/auth/session', headers: [['origin', allowed]] })
      expect(refused.status).toBe(401)
      expect(refused.header('access-control-allow-origin')).toBe(allowed)
    })

    it('answers a preflight of an allowed origin alone', async () => {
      const preflight = (origin: string, path = '/auth/people'): Promise<TestAnswer> =>
        send({
          method: 'OPTIONS',
          path,
          headers: [
            ['origin', origin],
            ['access-control-request-method', 'POST'],
            ['access-control-request-headers', 'authorization, x-anything'],
          ],
        })
      const granted = await preflight(allowed)
      expect(granted.status).toBe(204)
      expect(granted.header('access-control-allow-origin')).toBe(allowed)
      expect(granted.header('access-control-allow-methods')).toBe('POST, GET, HEAD, OPTIONS')
      expect(granted.header('access-control-allow-headers')).toBe('authorization, content-type')
      expect(granted.header('access-control-max-age')).toBe('600')
      expect(granted.header('access-control-allow-credentials')).toBeNull()
      for (const origin of ['https://evil.example', 'null', own]) {
        const refused = await preflight(origin)
        expect([origin, refused.status]).toEqual([origin, 403])
        expect(refused.header('access-control-allow-origin')).toBeNull()
        expect(refused.header('access-control-allow-methods')).toBeNull()
      }
      expect((await preflight(allowed, '/auth/nowhere')).status).toBe(404)
    })
  })

  describe('without allowed origins', () => {
    const { send } = useServer(start)

    it('nobody is allowed', async () => {
      const headers: Headers = [
        ['sec-fetch-site', 'same-site'],
        ['origin', allowed],
      ]
      expect((await send({ method: 'POST', path: '/auth/context', headers })).status).toBe(403)
      expect((await send({ path: '/auth/context', headers })).header('access-control-allow-origin')).toBeNull()
    })
  })

  describe('in development', () => {
    const { send } = useServer(start, { development: true, publicUrl: 'http://localhost:4000' })
    const statusOf = async (headers: Headers): Promise<number> =>
      (await send({ path: '/auth/context', headers })).status

    it('answers the names of this machine alone, and nothing that was forwarded', async () => {
      for (const host of ['localhost', 'localhost:4000', '127.0.0.1:4000', '[::1]:4000', 'LOCALHOST:80']) {
        expect([host, await statusOf([['host', host]])]).toEqual([host, 200])
      }
      for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io:4000', '0.0.0.0:4000']) {
        expect([host, await statusOf([['host', host]])]).toEqual([host, 403])
      }
      for (const name of ['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-real-ip']) {
        expect([
          name,
          await statusOf([
            ['host', 'localhost'],
            [name, '127.0.0.1'],
          ]),
        ]).toEqual([name, 403])
      }
    })

    it('uses plain cookie names on http://localhost, and no HSTS', async () => {
      const headers: Headers = [
        ['host', 'localhost'],
        ['cookie', 'latchkey=a.b; __Host-latchkey=c.d'],
      ]
      const answer = await send({ path: '/auth/context', headers })
      expect(readContext(answer).presented).toEqual({ sessionToken: 'a.b' })
      expect(answer.header('strict-transport-security')).toBeNull()
      const created = await send({
        method: 'POST',
        path: '/auth/people',
        headers: [
          ['host', 'localhost'],
          ['content-type', 'application/json'],
        ],
        body: '{"email":"a"}',
      })
      expect(created.setCookies[0]).toBe(
        'latchkey=session-id.session-secret; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax',
      )
    })
  })
}
