import { request as httpRequest, type Server } from 'node:http'
import { connect } from 'node:net'
import type { FetchHandler } from '../../http/exchange.ts'
import { joined } from '../../http/fetch.ts'
import { fromUtf8, toUtf8 } from '../../platform/bytes.ts'
import { systemTimers } from '../../platform/timers.ts'

export interface TestRequest {
  readonly method?: string
  readonly path: string
  /** In this order, repeated ones too. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
}

export interface TestAnswer {
  readonly status: number
  header(name: string): string | null
  readonly setCookies: readonly string[]
  readonly text: string
  json(): unknown
}

/** One way to reach the handler. */
export interface TestServer {
  send(request: TestRequest): Promise<TestAnswer>
  /** Of a real server. */
  readonly port?: number
  close(): Promise<void>
}

/** Mounts the handler under `/auth` somewhere and opens a way to it. */
export type StartServer = (handle: FetchHandler) => Promise<TestServer>

export const startInProcess: StartServer = (handle) =>
  Promise.resolve({
    async send({ method = 'GET', path, headers = [], body }) {
      const request = new Request(`https://app.example.com${path}`, {
        method,
        headers: headers.map(([name, value]) => [name, value] as [string, string]),
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
      })
      const response = await handle(request, { remoteAddress: '127.0.0.1' })
      return answerOf(response.status, [...response.headers], await response.text())
    },
    close: () => Promise.resolve(),
  })

/** A server on a free port of the loopback, reached by Node's client. */
export function listenOn(server: Server): Promise<TestServer> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({ port, send: (request) => sendOverHttp(port, request), close: () => closed(server) })
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Node's client sends what it is told: it adds and joins nothing. */
export function sendOverHttp(
  port: number,
  { method = 'GET', path, headers = [], body }: TestRequest,
): Promise<TestAnswer> {
  const length =
    body === undefined
      ? []
      : ['content-length', String(typeof body === 'string' ? toUtf8(body).byteLength : body.byteLength)]
  const host = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['host', `localhost:${port}`]
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: [...host, ...headers.flat(), ...length], agent: false },
      (response) => {
        const chunks: Uint8Array[] = []
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const pairs: [string, string][] = []
          const { rawHeaders } = response
          for (let i = 0; i < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
          resolve(
            answerOf(
              response.statusCode ?? 0,
              pairs,
              fromUtf8(
                joined(
                  chunks,
                  chunks.reduce((sum, { byteLength }) => sum + byteLength, 0),
                ),
              ),
            ),
          )
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Writes `parts` to a socket as they are, waiting a moment between them, and returns all that comes back until the server closes. */
export function sendRaw(port: number, parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (received += text))
    socket.on('close', () => resolve(received))
    // A server that has answered and closed may reset what is still being written.
    socket.on('error', (error) => (received === '' ? reject(error) : undefined))
    const write = (index: number): void => {
      const part = parts[index]
      if (part === undefined || socket.destroyed) return
      socket.write(part, () => systemTimers.after(5, () => write(index + 1)))
    }
    socket.on('connect', () => write(0))
  })
}

function answerOf(status: number, pairs: readonly [string, string][], text: string): TestAnswer {
  const valuesOf = (name: string): string[] => pairs.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value)
  return {
    status,
    header: (name) => {
      const values = valuesOf(name)
      return values.length === 0 ? null : values.join(', ')
    },
    setCookies: valuesOf('set-cookie'),
    text,
    json: (): unknown => JSON.parse(text),
  }
}
