import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HandlesRequests } from '../../http/exchange.ts'
import { answerMessage } from '../node/node-handler.ts'

/** What Express adds to a message, as far as it is used here. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly body?: unknown
}

export type ExpressHandler = (request: ExpressRequest, response: ServerResponse) => void

/**
 * Express 5 middleware. It works before and after `express.json()`: a body that was parsed already is checked from `request.body`; mounted before,
 * it also refuses keys that come twice, so mount it before. `trust proxy` has no say here, `trustedProxies` of the engine has.
 *
 * @example
 * app.use('/auth', toExpressHandler(auth))
 */
export function toExpressHandler(auth: HandlesRequests): ExpressHandler {
  return (request, response) => {
    // `url` has lost the mount point.
    answerMessage(auth.handle, request, response, request.originalUrl ?? request.url ?? '')
  }
}
