import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { FetchHandler } from '../../http/exchange.ts'
import { describeHttp } from '../../testing/http-suite/http-suite.ts'
import { describeSockets } from '../../testing/http-suite/socket-suite.ts'
import { listenOn, sendOverHttp, type StartServer } from '../../testing/http-suite/suite-client.ts'
import { createSuiteHandler } from '../../testing/http-suite/suite-handler.ts'
import { toNodeHandler } from './node-handler.ts'

const startNode: StartServer = (handle) => listenOn(createServer(toNodeHandler({ handle })))

/** A handler that somebody wrapped, so that only `Request` and `Response` are left of it. */
const startWrapped: StartServer = (handle) => {
  const wrapped: FetchHandler = (request, connection) => handle(request, connection)
  return listenOn(createServer(toNodeHandler({ handle: wrapped })))
}

describeHttp('node:http', startNode)
describeSockets('node:http', startNode)
describeHttp('node:http and Request', startWrapped)
describeSockets('node:http and Request', startWrapped)

describe('the node adapter', () => {
  it('keeps the connection after a small body that nobody read', async () => {
    const { handle } = createSuiteHandler()
    const server = await startNode(handle)
    const answer = await sendOverHttp(server.port ?? 0, {
      method: 'POST',
      path: '/auth/nowhere',
      headers: [['connection', 'keep-alive']],
      body: '{"email":"a"}',
    })
    expect(answer.status).toBe(404)
    expect(answer.header('connection')).toBe('keep-alive')
    await server.close()
  })

  it('lets a client finish writing a body that was refused, so that it can read why', async () => {
    const server = await startNode(createSuiteHandler().handle)
    const received = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(server.port ?? 0, '127.0.0.1')
      const piece = 'x'.repeat(20_000)
      const write = (left: number): void => {
        if (left === 0) socket.resume()
        else
          socket.write(piece, (error) => (error === null || error === undefined ? setTimeout(write, 2, left - 1) : 0))
      }
      socket.setEncoding('latin1')
      socket.on('data', (chunk: string) => (text += chunk))
      socket.on('error', reject)
      socket.on('end', () => resolve(text))
      // Reads nothing before everything is written.
      socket.pause()
      socket.on('connect', () => {
        socket.write(
          `POST /auth/people HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 600000\r\n\r\n`,
        )
        write(30)
      })
    })
    expect(received).toContain('HTTP/1.1 413')
    expect(received).toContain('"code":"too_large"')
    await server.close()
  })

  it('streams a long answer with backpressure and stops when the client goes away', async () => {
    let pulled = 0
    let cancelled = false
    const handle: FetchHandler = () => {
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            pulled += 65_536
            controller.enqueue(new Uint8Array(65_536))
          },
          cancel: () => {
            cancelled = true
          },
        },
        { highWaterMark: 0 },
      )
      return Promise.resolve(new Response(body))
    }
    const server = await startNode(handle)
    const socket = connect(server.port ?? 0, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    socket.pause()
    await expect.poll(() => pulled).toBeGreaterThan(0)
    let before = -1
    await expect
      .poll(
        () => {
          const still = before === pulled
          before = pulled
          return still
        },
        { interval: 100 },
      )
      .toBe(true)
    expect(pulled).toBeLessThan(64 * 1_048_576)
    socket.destroy()
    await expect.poll(() => cancelled).toBe(true)
    await server.close()
  })

  it('answers 500 without a word when an exchange throws at once', async () => {
    const exchange = (): never => {
      throw new Error('secret')
    }
    const handle = Object.assign(() => Promise.reject(new Error('not asked')), { exchange })
    const server = await startNode(handle)
    const answer = await server.send({ path: '/' })
    expect([answer.status, answer.text]).toEqual([500, ''])
    await server.close()
  })

  it('answers 500 without a word when a handler throws', async () => {
    const handle: FetchHandler = () => Promise.reject(new Error('secret'))
    const server = await startNode(handle)
    const answer = await server.send({ path: '/' })
    expect([answer.status, answer.text]).toEqual([500, ''])
    await server.close()
  })
})
