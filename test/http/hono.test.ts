import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { describe, expect, it } from 'vitest'
import type { FetchHandler } from '../../packages/latchkey/src/http/exchange.ts'
import { describeHttp } from '../../packages/latchkey/src/testing/http-suite/http-suite.ts'
import { describeSockets } from '../../packages/latchkey/src/testing/http-suite/socket-suite.ts'
import { listenOn, type StartServer } from '../../packages/latchkey/src/testing/http-suite/suite-client.ts'
import { createSuiteHandler } from '../../packages/latchkey/src/testing/http-suite/suite-handler.ts'
import { toNodeHandler } from '../../packages/latchkey/src/adapters/node/node-handler.ts'
import { toHonoHandler } from '../../packages/latchkey/src/adapters/hono/hono-handler.ts'

function appOf(handle: FetchHandler): Hono {
  const app = new Hono()
  app.all('/auth/*', toHonoHandler({ handle }))
  return app
}

const startHono: StartServer = (handle) => {
  const listener = getRequestListener(appOf(handle).fetch, { overrideGlobalObjects: false })
  return listenOn(createServer((message, response) => void listener(message, response)))
}

describeHttp('Hono', startHono)
describeSockets('Hono', startHono)

describe('the Hono adapter', () => {
  it('takes the address from where the platform keeps it', async () => {
    const { handle } = createSuiteHandler()
    const app = new Hono()
    app.all('/auth/*', toHonoHandler({ handle }, { remoteAddress: (c: Context) => c.req.header('x-platform-address') }))
    const response = await app.request('/auth/context', { headers: { 'x-platform-address': '192.0.2.7' } })
    expect(await response.json()).toMatchObject({ context: { ip: '192.0.2.7' } })
  })

  it('knows no address where the platform has none', async () => {
    const response = await appOf(createSuiteHandler().handle).request('/auth/context')
    expect(await response.json()).toMatchObject({ context: { ip: null, network: 'unknown' } })
  })

  it('runs on the node adapter as well', async () => {
    const { handle } = createSuiteHandler()
    const app = appOf(handle)
    const server = await listenOn(
      createServer(toNodeHandler({ handle: (request) => Promise.resolve(app.fetch(request)) })),
    )
    expect((await server.send({ path: '/auth/page' })).text).toBe('<p>page</p>')
    await server.close()
  })
})
