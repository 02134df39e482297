import fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import type { FetchHandler } from '../../http/exchange.ts'
import { describeHttp } from '../../testing/http-suite/http-suite.ts'
import { describeSockets } from '../../testing/http-suite/socket-suite.ts'
import { sendOverHttp, type StartServer, type TestServer } from '../../testing/http-suite/suite-client.ts'
import { createSuiteHandler } from '../../testing/http-suite/suite-handler.ts'
import { toFastifyPlugin } from './fastify-plugin.ts'

const startFastify: StartServer = (handle) => listenWith(fastify({ forceCloseConnections: true }), handle)

async function listenWith(app: FastifyInstance, handle: FetchHandler): Promise<TestServer> {
  await app.register(toFastifyPlugin({ handle }), { prefix: '/auth' })
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  return { port, send: (request) => sendOverHttp(port, request), close: () => app.close() }
}

describeHttp('Fastify', startFastify)
describeSockets('Fastify', startFastify)

describe('the Fastify adapter', () => {
  it('leaves the parsers of the application alone', async () => {
    const app = fastify({ forceCloseConnections: true })
    app.post('/echo', (request) => Promise.resolve(request.body))
    const server = await listenWith(app, createSuiteHandler().handle)
    const json = [['content-type', 'application/json']] as const
    const echoed = await server.send({ method: 'POST', path: '/echo', headers: json, body: '{"a":1}' })
    expect(echoed.json()).toEqual({ a: 1 })
    const created = await server.send({ method: 'POST', path: '/auth/people', headers: json, body: '{"email":"a"}' })
    expect(created.status).toBe(201)
    await server.close()
  })

  it('lets hooks before it refuse, and hooks after it see the answer', async () => {
    const app = fastify({ forceCloseConnections: true })
    const seen: number[] = []
    app.addHook('onRequest', (request, reply, done) => {
      if (request.headers['x-blocked'] === undefined) done()
      else reply.code(418).send()
    })
    app.addHook('onResponse', (_request, reply, done) => {
      seen.push(reply.raw.statusCode)
      done()
    })
    const server = await listenWith(app, createSuiteHandler().handle)
    expect((await server.send({ path: '/auth/context', headers: [['x-blocked', '1']] })).status).toBe(418)
    expect((await server.send({ path: '/auth/session' })).status).toBe(401)
    await expect.poll(() => seen).toEqual([418, 401])
    await server.close()
  })
})
