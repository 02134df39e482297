import type { ProblemCode } from '../methods/problem.ts'
import type { Route } from '../methods/route.ts'
import type { Clock } from '../platform/clock.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { andThen, isLater, type NowOrLater } from '../platform/now-or-later.ts'
import { createAnswerWriter, withoutBody } from './answer.ts'
import { createCors } from './checks/cors.ts'
import { createClientAddress } from './client-address.ts'
import { createCookies } from './cookies.ts'
import type { Exchange, FetchHandler, Outgoing } from './exchange.ts'
import { faultFields, refusalOfFault } from './faults.ts'
import { toFetchHandler } from './fetch.ts'
import type { HttpSettings } from './http-settings.ts'
import type { RequestObservation } from './metrics.ts'
import { pendingCall, runSteps, type CheckCaller, type Deployment, type End } from './pipeline.ts'
import { withRetryAfter } from './problem.ts'
import { isSaneRequestId } from './request-id.ts'
import { createRouteMatcher } from './route-matcher.ts'
import { securityHeaders } from './security-headers.ts'

export interface HandlerOptions {
  /** The one ordered route table. */
  readonly routes: readonly Route[]
  readonly checkCaller: CheckCaller
  readonly settings: HttpSettings
  readonly ids: Ids
  readonly clock: Clock
  readonly logger: Logger
  /** Called once for every answer, after it is decided; for metrics and access logs. It must not throw. */
  readonly observe?: (observation: RequestObservation) => void
}

/**
 * The routes as one function from request to answer.
 *
 * @example
 * const handle = createHandler({ routes, checkCaller, settings, ids, clock, logger })
 * const response = await handle(request, { remoteAddress: '192.0.2.7' })
 */
export function createHandler(options: HandlerOptions): FetchHandler & { readonly exchange: Exchange } {
  const { clock, logger, observe } = options
  const deployment = deploymentOf(options)
  const { writer, cors } = deployment
  return toFetchHandler((incoming) => {
    const startedAt = clock.now()
    const client = deployment.clientOf(incoming)
    const requestId = deployment.requestIdOf(incoming, client)
    const call = pendingCall(incoming, client, requestId)
    const headers = ['x-request-id', requestId, ...cors.answer(incoming.header('origin'))]
    const writeEnd = (end: End): Written => ({ outgoing: end.write(writer, headers), problem: end.problem })
    const writeFault = (error: unknown): Written => {
      const refusal = withRetryAfter(refusalOfFault(error))
      const { problem } = refusal
      const fields = { requestId, route: call.route?.id, problem, error: faultFields(error) }
      if (problem === 'internal') logger.error(fields, 'a request broke')
      else logger.warn(fields, 'a request could not be served')
      return { outgoing: writer.refusal(refusal, headers), problem }
    }
    const finish = ({ outgoing, problem }: Written): Outgoing => {
      const { method } = incoming
      const durationMs = clock.now() - startedAt
      observe?.({ route: call.route?.id, method, status: outgoing.status, problem, durationMs, requestId })
      return method === 'HEAD' ? withoutBody(outgoing) : outgoing
    }
    let written: NowOrLater<Written>
    try {
      written = andThen(runSteps(deployment, call), writeEnd)
    } catch (error) {
      written = writeFault(error)
    }
    return isLater(written) ? written.catch(writeFault).then(finish) : finish(written)
  })
}

interface Written {
  readonly outgoing: Outgoing
  readonly problem: ProblemCode | undefined
}

function deploymentOf({ routes, checkCaller, settings, ids, logger }: HandlerOptions): Deployment {
  const publicUrl = new URL(settings.publicUrl)
  const https = publicUrl.protocol === 'https:'
  const allowedOrigins = new Set(settings.allowedOrigins.map(originOf))
  const cookies = createCookies(https)
  return {
    settings,
    basePath: settings.basePath === '/' ? '' : settings.basePath,
    ownOrigin: publicUrl.origin,
    allowedOrigins,
    matcher: createRouteMatcher(routes),
    cookies,
    cors: createCors(allowedOrigins),
    writer: createAnswerWriter(securityHeaders({ https, variesByOrigin: allowedOrigins.size > 0 }), cookies),
    logger,
    checkCaller,
    clientOf: createClientAddress(settings),
    requestIdOf: (incoming, client) => {
      const given = client.throughTrustedProxy ? incoming.header('x-request-id') : null
      return given !== null && isSaneRequestId(given) ? given : ids.next()
    },
  }
}

/**
 * `https://admin.example.com`, or `capacitor://localhost` of an app; as a browser writes it in Origin. A pattern, a path or another spelling would
 * be a hole or never match.
 */
function originOf(text: string): string {
  const isWeb = /^https?:/i.test(text)
  const isOrigin = isWeb
    ? URL.canParse(text) && new URL(text).origin === text && !text.includes('*')
    : /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+$/.test(text)
  if (!isOrigin) throw new TypeError(`not an origin in allowedOrigins: ${text}`)
  return text
}
