import type { RequestContext } from '../core/request-context.ts'
import type { Access, Answer, BodyType, Caller, Presented, Route } from '../methods/route.ts'
import type { ProblemCode } from '../methods/problem.ts'
import type { Logger } from '../platform/logger.ts'
import { andThen, isLater, type NowOrLater } from '../platform/now-or-later.ts'
import { redact } from '../platform/redacted.ts'
import type { AnswerWriter } from './answer.ts'
import { readFormBody, readJsonBody, readNoFields } from './checks/body.ts'
import { isPlainForm, isPlainJson } from './checks/content-type.ts'
import type { Cors } from './checks/cors.ts'
import { checkCsrf, isSafeMethod } from './checks/csrf.ts'
import { isLocalRequest } from './checks/development.ts'
import { checkFields } from './checks/fields.ts'
import { parseQuery } from './checks/query.ts'
import type { Client } from './client-address.ts'
import type { Cookies } from './cookies.ts'
import type { Incoming, Outgoing } from './exchange.ts'
import type { HttpSettings } from './http-settings.ts'
import { readPresented } from './presented.ts'
import { withRetryAfter, type Refusal } from './problem.ts'
import type { RouteMatcher } from './route-matcher.ts'

/** Every request goes down this list; the first step that gives an end ends it. The order is the policy. */
const steps: readonly Step[] = [
  refuseForeignHost,
  findRoute,
  refuseCrossSite,
  readSecrets,
  refuseOtherContent,
  // Before the body: whoever may not pass learns nothing about the fields of a route and makes us read nothing.
  admitCaller,
  readBody,
  readQuery,
]

export function runSteps(deployment: Deployment, call: PendingCall, first = 0): NowOrLater<End> {
  for (let index = first; index < steps.length; index++) {
    const end = steps[index]?.(deployment, call)
    if (isLater(end)) return end.then((known) => known ?? runSteps(deployment, call, index + 1))
    if (end !== undefined) return end
  }
  const { route, body, bodyType, query, params, context, caller, presented } = call
  if (route === undefined) return refuse({ problem: 'not_found' })
  return andThen(route.handle({ body, bodyType, query, params, context, caller, presented }), (answer) =>
    endOfAnswer(deployment, answer),
  )
}

type Step = (deployment: Deployment, call: PendingCall) => NowOrLater<End | undefined>

/** What is known about a request so far; each step fills in its part. */
export interface PendingCall {
  readonly incoming: Incoming
  context: RequestContext
  route: Route | undefined
  params: Readonly<Record<string, string>>
  /** The query string as it came. */
  search: string
  /** Let in by `allowedOrigins` alone: tokens only. */
  crossOrigin: boolean
  presented: Presented
  bodyType: BodyType
  body: unknown
  query: unknown
  caller: Caller | undefined
}

/** Everything that is the same for all requests, put together once. */
export interface Deployment {
  readonly settings: HttpSettings
  readonly basePath: string
  readonly ownOrigin: string
  readonly allowedOrigins: ReadonlySet<string>
  readonly matcher: RouteMatcher
  readonly cookies: Cookies
  readonly cors: Cors
  readonly writer: AnswerWriter
  readonly logger: Logger
  readonly checkCaller: CheckCaller
  readonly clientOf: (incoming: Incoming) => Client
  readonly requestIdOf: (incoming: Incoming, client: Client) => string
}

/** Whether what was presented suffices for a route that is not public. What only reads may be let in by a session that was good a moment ago. */
export type CheckCaller = (
  presented: Presented,
  access: Guarded,
  context: RequestContext,
  method: string,
) => NowOrLater<CallerCheck>

export type Guarded = Exclude<Access, { readonly kind: 'public' }>

export type CallerCheck =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly problem: ProblemCode }

const nobody: Presented = { sessionToken: undefined, accessToken: undefined, binding: undefined, device: undefined }

export function pendingCall(incoming: Incoming, { address }: Client, requestId: string): PendingCall {
  const userAgent = incoming.header('user-agent')
  return {
    incoming,
    context: {
      ip: address === null ? null : address.text,
      network: address === null ? 'unknown' : address.network,
      userAgent: userAgent !== null && userAgent.length > 256 ? userAgent.slice(0, 256) : userAgent,
      requestId,
    },
    route: undefined,
    params: {},
    search: '',
    crossOrigin: false,
    presented: nobody,
    bodyType: 'json',
    body: undefined,
    query: undefined,
    caller: undefined,
  }
}

function refuseForeignHost({ settings }: Deployment, { incoming }: PendingCall): End | undefined {
  if (!settings.development || isLocalRequest(incoming)) return undefined
  return refuse({ problem: 'forbidden', detail: 'Development mode answers direct requests to localhost alone.' })
}

function findRoute({ basePath, matcher, cors }: Deployment, call: PendingCall): End | undefined {
  const { incoming } = call
  const { path, search } = splitTarget(incoming.target)
  if (!path.startsWith(`${basePath}/`)) return refuse({ problem: 'not_found' })
  const match = matcher.match(incoming.method, path.slice(basePath.length))
  switch (match.kind) {
    case 'route':
      call.route = match.route
      call.params = match.params
      call.search = search
      return undefined
    case 'none':
      return refuse({ problem: 'not_found' })
    case 'other_method':
      return incoming.method === 'OPTIONS' ? answerOptions(cors, incoming, match.allow) : refuseMethod(match.allow)
  }
}

function answerOptions(cors: Cors, incoming: Incoming, allow: string): End {
  const origin = incoming.header('origin')
  if (origin === null || incoming.header('access-control-request-method') === null) {
    return { problem: undefined, write: (writer, headers) => writer.empty([...headers, 'allow', allow]) }
  }
  const granted = cors.preflight(origin, allow)
  if (granted === undefined) return refuse({ problem: 'csrf' })
  return { problem: undefined, write: (writer, headers) => writer.empty([...headers, ...granted]) }
}

function refuseMethod(allow: string): End {
  const refusal: Refusal = { problem: 'method_not_allowed' }
  return { problem: refusal.problem, write: (writer, headers) => writer.refusal(refusal, [...headers, 'allow', allow]) }
}

function refuseCrossSite({ ownOrigin, allowedOrigins, logger }: Deployment, call: PendingCall): End | undefined {
  const { incoming, context, route } = call
  if (isSafeMethod(incoming.method)) return undefined
  const verdict = checkCsrf(incoming, ownOrigin, allowedOrigins)
  call.crossOrigin = verdict === 'allowed_origin'
  if (verdict !== 'refused') return undefined
  // ASVS 16.3.3: attempts to get around a control are logged.
  logger.warn(
    { requestId: context.requestId, route: route?.id, problem: 'csrf' },
    'a request from another site was refused',
  )
  return refuse({ problem: 'csrf' })
}

function readSecrets({ cookies }: Deployment, call: PendingCall): undefined {
  call.presented = readPresented(call.incoming, cookies, !call.crossOrigin)
  const { sessionToken } = call.presented
  // Where a session may be opened in the place of this one. Not on the hot path of checks, which open none.
  if (sessionToken !== undefined && call.route?.access.kind === 'public')
    call.context = { ...call.context, browserSession: redact(sessionToken) }
}

function refuseOtherContent(_: Deployment, call: PendingCall): End | undefined {
  const { incoming, route } = call
  if (isSafeMethod(incoming.method)) return undefined
  if (route?.bodyTypes?.includes('form') === true && isPlainForm(incoming)) {
    call.bodyType = 'form'
    return undefined
  }
  const mayBeEmpty = route?.body === undefined && incoming.header('content-type') === null
  return mayBeEmpty || isPlainJson(incoming) ? undefined : refuse({ problem: 'unsupported_media_type' })
}

/** A body of GET means nothing (RFC 9110 section 9.3.1) and stays unread. */
function readBody({ settings }: Deployment, call: PendingCall): Promise<End | undefined> | undefined {
  const { incoming, route } = call
  if (isSafeMethod(incoming.method)) return undefined
  const schema = route?.body
  if (schema === undefined) {
    return incoming.hasBody() ? readNoFields(incoming, settings.bodyLimitBytes).then(endOf) : undefined
  }
  const reading = call.bodyType === 'form' ? readFormBody : readJsonBody
  return reading(incoming, settings.bodyLimitBytes).then((read) => {
    if (!read.ok) return refuse(read.refusal)
    const checked = checkFields(schema, read.value)
    if (!checked.ok) return refuse(checked.refusal)
    call.body = checked.value
    return undefined
  })
}

function endOf(refusal: Refusal | undefined): End | undefined {
  return refusal === undefined ? undefined : refuse(refusal)
}

function readQuery(_: Deployment, call: PendingCall): End | undefined {
  const schema = call.route?.query
  if (schema === undefined) return undefined
  const parsed = parseQuery(call.search)
  if (!parsed.ok) return refuse(parsed.refusal)
  const checked = checkFields(schema, parsed.value)
  if (!checked.ok) return refuse(checked.refusal)
  call.query = checked.value
  return undefined
}

function admitCaller({ checkCaller, logger }: Deployment, call: PendingCall): NowOrLater<End | undefined> {
  const { route, presented, context } = call
  if (route === undefined || route.access.kind === 'public') return undefined
  return andThen(checkCaller(presented, route.access, context, route.method), (checked) => {
    if (!checked.ok) {
      // ASVS 16.3.2: failed authorisation is logged; having no session is everyday life.
      if (checked.problem !== 'unauthenticated') {
        logger.warn({ requestId: context.requestId, route: route.id, problem: checked.problem }, 'a caller was refused')
      }
      return refuse({ problem: checked.problem })
    }
    call.caller = checked.caller
    return undefined
  })
}

/** How a request ends. Written only after everything else is decided, so that no object is built that is not sent. */
export interface End {
  readonly problem: ProblemCode | undefined
  write(writer: AnswerWriter, headers: readonly string[]): Outgoing
}

function refuse(plain: Refusal, setCookies?: readonly string[]): End {
  const refusal = withRetryAfter(plain)
  return { problem: refusal.problem, write: (writer, headers) => writer.refusal(refusal, headers, setCookies) }
}

function endOfAnswer({ cookies }: Deployment, answer: Answer): End {
  if (answer.ok) return { problem: undefined, write: (writer, headers) => writer.success(answer, headers) }
  const { problem, retryAfterSeconds, fields } = answer
  const setCookies = answer.cookies === undefined ? undefined : cookies.write(answer.cookies)
  return refuse({ problem, retryAfterSeconds, fields }, setCookies)
}

/** Path and query of `/auth/session?x=1` or `https://host/auth/session?x=1#y`. No URL is built for it. */
function splitTarget(target: string): { readonly path: string; readonly search: string } {
  const fragment = target.indexOf('#')
  const whole = fragment === -1 ? target : target.slice(0, fragment)
  let start = 0
  if (!whole.startsWith('/')) {
    const scheme = whole.indexOf('://')
    start = scheme === -1 ? -1 : whole.indexOf('/', scheme + 3)
    if (start === -1) return { path: '', search: '' }
  }
  const mark = whole.indexOf('?', start)
  return mark === -1
    ? { path: whole.slice(start), search: '' }
    : { path: whole.slice(start, mark), search: whole.slice(mark + 1) }
}
