import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FetchHandler, HandlesRequests } from '../../http/exchange.ts'
import { andThen, isLater } from '../../platform/now-or-later.ts'
import { answerThroughFetch } from './fetch-bridge.ts'
import { fromIncomingMessage, type ParsedMessage } from './incoming-message.ts'
import { sendOutgoing } from './server-response.ts'

export type NodeHandler = (message: IncomingMessage, response: ServerResponse) => void

/**
 * A listener for `node:http`. Answers every request that it is given; ask for other paths before it.
 *
 * @example
 * createServer(toNodeHandler(auth)).listen(4000, '127.0.0.1')
 */
export function toNodeHandler(auth: HandlesRequests): NodeHandler {
  return (message, response) => answerMessage(auth.handle, message, response, message.url ?? '')
}

/** The direct way where there is one, `Request` and `Response` elsewhere. `target` is the path that the client asked for. */
export function answerMessage(
  handle: FetchHandler,
  message: ParsedMessage,
  response: ServerResponse,
  target: string,
): void {
  const { exchange } = handle
  try {
    const sent =
      exchange === undefined
        ? answerThroughFetch(handle, message, response, target)
        : andThen(exchange(fromIncomingMessage(message, target)), (outgoing) =>
            sendOutgoing(message, response, outgoing),
          )
    if (isLater(sent)) sent.catch(() => breakOff(response))
  } catch {
    breakOff(response)
  }
}

/** The handler answers its own faults; what arrives here is a fault of writing, and nothing more can be said on this connection. */
function breakOff(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(500, ['content-length', '0', 'cache-control', 'no-store']).end()
}
