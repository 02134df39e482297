import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Outgoing } from '../../http/exchange.ts'
import { hasBody, rawHeader } from './incoming-message.ts'

/** Left-over bodies up to here are read away and the connection lives on; larger ones, or such of unknown length, end it. */
const keptAliveBytes = 65_536

/** How much of a refused body is read away before the connection ends: a client that is still writing would otherwise lose the answer. */
const drainedBytes = 1_048_576

export function sendOutgoing(message: IncomingMessage, response: ServerResponse, outgoing: Outgoing): void {
  const { status, headers, body } = outgoing
  if (response.destroyed || response.headersSent) return
  const whole = body === null ? [...headers] : [...headers, 'content-length', String(byteLength(body))]
  if (!hasUnreadRest(message)) {
    response.writeHead(status, whole)
    response.end(body)
    return
  }
  response.writeHead(status, [...whole, 'connection', 'close'])
  if (body === null) response.flushHeaders()
  else response.write(body)
  endAfterRest(message, response)
}

/** Whether more of the request's body may come than is worth reading away. */
export function hasUnreadRest(message: IncomingMessage): boolean {
  if (message.complete || !hasBody(message)) return false
  const length = Number(rawHeader(message.rawHeaders, 'content-length') ?? Number.NaN)
  return !(length <= keptAliveBytes)
}

export function endAfterRest(message: IncomingMessage, response: ServerResponse): void {
  let rest = 0
  const finish = (): void => {
    message.off('data', count).off('end', finish).off('close', finish).off('error', finish)
    response.end()
  }
  const count = (chunk: Uint8Array): void => {
    rest += chunk.byteLength
    if (rest > drainedBytes) finish()
  }
  message.on('data', count).on('end', finish).on('close', finish).on('error', finish)
  message.resume()
}

function byteLength(body: string | Uint8Array): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}
