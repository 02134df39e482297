import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Auth } from 'latchkey'
import { fromIncomingMessage, isLocalRequest } from 'latchkey/node'
import type { Phase } from './phase.ts'
import { json, problem, type Reply } from './reply.ts'

/** The process answers; asks nothing else, so that a database outage restarts nobody. */
export function health(): Reply {
  return json(200, { status: 'ok' })
}

/** Whether requests may be sent here: database, migrations, clocks, and not on the way out. */
export async function readiness(auth: Auth | undefined, phase: Phase): Promise<Reply> {
  if (phase.current !== 'serving' || auth === undefined)
    return json(503, { status: phase.current }, { 'retry-after': '2' })
  const { ok, checks } = await auth.ready()
  return ok
    ? json(200, { status: 'ready', checks })
    : json(503, { status: 'not_ready', checks }, { 'retry-after': '2' })
}

/**
 * Numbers tell an outsider about the business and the load (ASVS 13.4.5): they are for this machine alone, or for who has the token. A
 * request that a proxy on this machine passes on also comes from loopback, so the Host must be local and nothing may have been forwarded.
 */
export async function metrics(auth: Auth, message: IncomingMessage, token: string | undefined): Promise<Reply> {
  if (!isDirectlyFromHere(message) && !hasToken(message, token)) {
    return token === undefined
      ? problem(403, 'forbidden', 'Not allowed.')
      : problem(401, 'unauthenticated', 'Not signed in.', { 'www-authenticate': 'Bearer' })
  }
  const body = await auth.metrics()
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body }
}

function isDirectlyFromHere(message: IncomingMessage): boolean {
  const address = message.socket.remoteAddress ?? ''
  const isLoopback = address === '::1' || /^(::ffff:)?127\./.test(address)
  return isLoopback && isLocalRequest(fromIncomingMessage(message))
}

function hasToken(message: IncomingMessage, token: string | undefined): boolean {
  const given = /^Bearer (\S+)$/i.exec(message.headers.authorization ?? '')?.[1]
  return token !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(token))
}

/** Of equal length, whatever was given. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
