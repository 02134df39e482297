import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { FetchHandler } from '../../http/exchange.ts'
import { endAfterRest, hasUnreadRest } from './server-response.ts'
import { fromIncomingMessage, hasBody, type ParsedMessage } from './incoming-message.ts'

/** The long way round, for handlers that only speak `Request` and `Response`: bodies are streamed both ways, with backpressure. */
export async function answerThroughFetch(
  handle: FetchHandler,
  message: ParsedMessage,
  response: ServerResponse,
  target: string,
): Promise<void> {
  if (!isFetchMethod(message.method)) {
    response.writeHead(405, ['content-length', '0', 'connection', 'close']).end()
    return
  }
  const gone = new AbortController()
  const reading = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const answer = await handle(toRequest(message, target, { gone: gone.signal, reading }), {
    remoteAddress: message.socket.remoteAddress,
  })
  if (response.destroyed || response.headersSent) {
    await answer.body?.cancel()
    return
  }
  // Whoever has answered reads no more of the body.
  reading.abort()
  const unread = hasUnreadRest(message)
  response.writeHead(answer.status, [...flatHeaders(answer.headers), ...(unread ? ['connection', 'close'] : [])])
  if (answer.body !== null) await pump(answer.body, response, gone.signal)
  if (unread) endAfterRest(message, response)
  else response.end()
}

/** `Request` refuses to be made with the others. */
function isFetchMethod(method: string | undefined): boolean {
  return method !== undefined && method !== 'TRACE' && method !== 'TRACK' && method !== 'CONNECT'
}

interface Ends {
  /** The client went away. */
  readonly gone: AbortSignal
  /** Nobody reads the body any more. */
  readonly reading: AbortController
}

function toRequest(message: ParsedMessage, target: string, { gone, reading }: Ends): Request {
  const headers = new Headers()
  const { rawHeaders } = message
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  const method = message.method ?? ''
  const url = new URL(target, 'http://localhost')
  if (method === 'GET' || method === 'HEAD' || !hasBody(message))
    return new Request(url, { method, headers, signal: gone })
  const body = bodyStream(message, reading)
  // `duplex` is asked for by the Fetch standard, and is not in every declaration of RequestInit.
  const init: RequestInit & { readonly duplex: 'half' } = { method, headers, signal: gone, body, duplex: 'half' }
  return new Request(url, init)
}

/** Pulls: the message is read only as fast as the handler reads. A body that was parsed before is one chunk. */
function bodyStream(message: ParsedMessage, reading: AbortController): ReadableStream<Uint8Array> {
  return message.readableDidRead ? parsedStream(message) : messageStream(message, reading)
}

function parsedStream(message: ParsedMessage): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const read = await fromIncomingMessage(message).readBody(Number.MAX_SAFE_INTEGER)
      if (read.ok) controller.enqueue(read.bytes)
      controller.close()
    },
  })
}

function messageStream(message: ParsedMessage, listeners: AbortController): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      const on = (event: string, listener: (value: unknown) => void): void => {
        message.on(event, listener)
        listeners.signal.addEventListener('abort', () => message.off(event, listener))
      }
      const fail = (): void => {
        listeners.abort()
        controller.error(new TypeError('the connection was cut'))
      }
      message.pause()
      on('data', (chunk) => {
        if (chunk instanceof Uint8Array) controller.enqueue(new Uint8Array(chunk))
        if ((controller.desiredSize ?? 0) <= 0) message.pause()
      })
      on('end', () => {
        listeners.abort()
        controller.close()
      })
      on('error', fail)
      on('close', fail)
    },
    pull: () => {
      message.resume()
    },
    cancel: () => {
      listeners.abort()
      message.pause()
    },
  })
}

function flatHeaders(headers: Headers): readonly string[] {
  const flat: string[] = []
  for (const [name, value] of headers) flat.push(name, value)
  return flat
}

async function pump(stream: ReadableStream<Uint8Array>, response: ServerResponse, gone: AbortSignal): Promise<void> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || gone.aborted) return
      if (!response.write(value)) await once(response, 'drain', { signal: gone })
    }
  } catch (error) {
    if (!gone.aborted) throw error
  } finally {
    if (gone.aborted) await reader.cancel()
  }
}
