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
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const answer = await handle(toRequest(message, target, gone.signal), { remoteAddress: message.socket.remoteAddress })
  if (response.destroyed || response.headersSent) {
    await answer.body?.cancel()
    return
  }
  const unread = hasUnreadRest(message)
  response.writeHead(answer.status, [...flatHeaders(answer.headers), ...(unread ? ['connection', 'close'] : [])])
  if (answer.body !== null) await pump(answer.body, response, gone.signal)
  if (unread) endAfterRest(message, response)
  else response.end()
}

function toRequest(message: ParsedMessage, target: string, signal: AbortSignal): Request {
  const headers = new Headers()
  const { rawHeaders } = message
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  const method = message.method ?? ''
  const url = new URL(target, 'http://localhost')
  if (method === 'GET' || method === 'HEAD' || !hasBody(message)) return new Request(url, { method, headers, signal })
  return new Request(url, { method, headers, signal, body: bodyStream(message), duplex: 'half' })
}

/** Pulls: the message is read only as fast as the handler reads. A body that was parsed before is one chunk. */
function bodyStream(message: ParsedMessage): ReadableStream<Uint8Array> {
  return message.readableDidRead ? parsedStream(message) : messageStream(message)
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

function messageStream(message: ParsedMessage): ReadableStream<Uint8Array> {
  const listeners = new AbortController()
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
