import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemTimers } from '../../platform/timers.ts'
import { createSuiteHandler, type SuiteHandler } from './suite-handler.ts'
import { sendRaw, sendOverHttp, type StartServer, type TestServer } from './suite-client.ts'

/** What only a socket shows: framing, lengths that lie, clients that go away. For real servers. */
export function describeSockets(name: string, start: StartServer): void {
  describe(`sockets of ${name}`, () => {
    let server: TestServer
    let suite: SuiteHandler
    let port: number
    beforeAll(async () => {
      suite = createSuiteHandler()
      server = await start(suite.handle)
      port = server.port ?? 0
    })
    afterAll(() => server.close())

    const chunkedHead =
      'POST /auth/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n'
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
    const statusOf = (received: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1])

    it('reads a chunked body that comes in pieces', async () => {
      const received = await sendRaw(port, [
        `${chunkedHead}Connection: close\r\n\r\n`,
        chunk('{"em'),
        chunk('ail":"zoe'),
        chunk('@example.com"}'),
        '0\r\n\r\n',
      ])
      expect(statusOf(received)).toBe(201)
      expect(received).toContain('{"received":{"email":"zoe@example.com"}}')
    })

    it('refuses a chunked body at the limit, without waiting for its end', async () => {
      const received = await sendRaw(port, [
        `${chunkedHead}\r\n`,
        chunk('{"email":"'),
        chunk('x'.repeat(65_536)),
        chunk('y'.repeat(65_536)),
        '0\r\n\r\n',
      ])
      expect(statusOf(received)).toBe(413)
      expect(received).toContain('"code":"too_large"')
    })

    it('hangs up on a body without end', async () => {
      const piece = chunk('x'.repeat(65_536))
      const received = await sendRaw(port, [`${chunkedHead}\r\n`, ...new Array<string>(64).fill(piece)])
      expect(statusOf(received)).toBe(413)
    })

    it('believes a Content-Length that is too large, before the body comes', async () => {
      const received = await sendRaw(port, [
        'POST /auth/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n',
        'x'.repeat(1_100_000),
      ])
      expect(statusOf(received)).toBe(413)
    })

    it('takes the bytes after a Content-Length that is too small for another request', async () => {
      const received = await sendRaw(port, [
        'POST /auth/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n' +
          '{"email":"a"}GET /auth/page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      ])
      expect(statusOf(received)).toBe(201)
      expect(received).toContain('{"received":{"email":"a"}}')
      expect(received).toContain('<p>page</p>')
    })

    it('refuses two lengths and a length beside chunks', async () => {
      const head = 'POST /auth/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
      expect(statusOf(await sendRaw(port, [`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`]))).toBe(400)
      expect(
        statusOf(await sendRaw(port, [`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`])),
      ).toBe(400)
    })

    it('answers other methods by name', async () => {
      const received = await sendRaw(port, [
        'TRACE /auth/people HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      ])
      expect([404, 405]).toContain(statusOf(received))
    })

    it('survives a client that goes away in the middle of its body', async () => {
      const seen = suite.observed.length
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(`${chunkedHead}\r\n${chunk('{"email":')}`, () => systemTimers.after(20, () => socket.destroy()))
        })
        socket.on('close', () => resolve())
      })
      await expect.poll(() => suite.observed.length).toBeGreaterThan(seen)
      expect(suite.observed.at(-1)).toMatchObject({ route: 'createPerson', status: 400 })
      expect(suite.log.filter(({ level }) => level === 'error')).toEqual([])
      expect((await sendOverHttp(port, { path: '/auth/context' })).status).toBe(200)
    })
  })
}
