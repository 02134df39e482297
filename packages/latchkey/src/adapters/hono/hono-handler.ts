import type { Context } from 'hono'
import type { HandlesRequests } from '../../http/exchange.ts'

export type HonoHandler = (context: Context) => Promise<Response>

export interface HonoHandlerOptions {
  /** Address of the socket's other end. Default: as @hono/node-server tells it; elsewhere pass `getConnInfo` of the platform. */
  readonly remoteAddress?: (context: Context) => string | undefined
}

/**
 * A Hono handler. Mount it before anything that reads the body.
 *
 * @example
 * app.all('/auth/*', toHonoHandler(auth))
 */
export function toHonoHandler(auth: HandlesRequests, options: HonoHandlerOptions = {}): HonoHandler {
  const remoteAddress = options.remoteAddress ?? nodeRemoteAddress
  return (context) => auth.handle(context.req.raw, { remoteAddress: remoteAddress(context) })
}

function nodeRemoteAddress({ env }: Context): string | undefined {
  const bindings: unknown = env
  const socket = member(member(bindings, 'incoming'), 'socket')
  const address = member(socket, 'remoteAddress')
  return typeof address === 'string' ? address : undefined
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
