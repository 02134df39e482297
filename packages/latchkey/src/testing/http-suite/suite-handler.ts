import * as v from 'valibot'
import type { Exchange, FetchHandler } from '../../http/exchange.ts'
import { createHandler } from '../../http/handler.ts'
import { defaultHttpSettings, type HttpSettings } from '../../http/http-settings.ts'
import type { RequestObservation } from '../../http/metrics.ts'
import type { CheckCaller } from '../../http/pipeline.ts'
import { route, type Caller, type Route } from '../../methods/route.ts'
import { LatchkeyError, type FaultCode } from '../../platform/errors.ts'
import { createIds } from '../../platform/ids.ts'
import type { LogFields, Logger } from '../../platform/logger.ts'
import { createFakeClock } from '../fake-clock.ts'
import { createSeededRandom } from '../seeded-random.ts'

/** Stands in answers and in thrown messages, where it must never be seen from outside. */
export const plantedSecret = 'planted-secret-4711'

export const sessionToken = 'session-id.session-secret'

export interface SuiteHandler {
  readonly handle: FetchHandler & { readonly exchange: Exchange }
  readonly log: readonly LogLine[]
  readonly observed: readonly RequestObservation[]
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: LogFields
  readonly message: string
}

/** The real handler over a table of small routes, one for each thing that the handler does. */
export function createSuiteHandler(settings: Partial<HttpSettings> = {}): SuiteHandler {
  const clock = createFakeClock()
  const log: LogLine[] = []
  const observed: RequestObservation[] = []
  const handle = createHandler({
    routes: suiteRoutes,
    checkCaller,
    settings: { ...defaultHttpSettings, publicUrl: 'https://app.example.com', ...settings },
    ids: createIds(clock, createSeededRandom()),
    clock,
    logger: recordingLogger(log),
    observe: (observation) => observed.push(observation),
  })
  return { handle, log, observed }
}

const checkCaller: CheckCaller = (presented, access) => {
  if (presented.sessionToken !== sessionToken && presented.accessToken !== sessionToken) {
    return Promise.resolve({ ok: false, problem: 'unauthenticated' })
  }
  if (access.kind === 'admin') return Promise.resolve({ ok: false, problem: 'forbidden' })
  // The routes of the suite do not look at the caller.
  return Promise.resolve({ ok: true, caller: {} as Caller })
}

function recordingLogger(log: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: LogFields, message: string) =>
    void log.push({ level, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const person = v.strictObject({
  email: v.pipe(v.string(), v.maxLength(254)),
  name: v.optional(v.pipe(v.string(), v.minLength(2), v.regex(/^[^\r\n]*$/))),
  tags: v.optional(v.array(v.string())),
  nested: v.optional(v.unknown()),
})

const open = { kind: 'public' } as const
const none = { answers: {}, problems: [] } as const

const suiteRoutes: readonly Route[] = [
  route({
    ...none,
    id: 'readContext',
    method: 'GET',
    path: '/context',
    summary: 'What a route is told about the request',
    access: open,
    handle: ({ context, presented }) => Promise.resolve({ ok: true, status: 200, body: { context, presented } }),
  }),
  route({
    ...none,
    id: 'echoContext',
    method: 'POST',
    path: '/context',
    summary: 'The same for an unsafe method',
    access: open,
    handle: ({ context, presented }) => Promise.resolve({ ok: true, status: 200, body: { context, presented } }),
  }),
  route({
    ...none,
    id: 'createPerson',
    method: 'POST',
    path: '/people',
    summary: 'A body with fields',
    access: open,
    body: person,
    handle: ({ body }) =>
      Promise.resolve({
        ok: true,
        status: 201,
        body: { received: body },
        cookies: {
          session: { value: sessionToken, maxAgeSeconds: 3600 },
          binding: null,
          device: { value: 'device-id.device-secret', maxAgeSeconds: 60 },
        },
      }),
  }),
  route({
    ...none,
    id: 'searchPeople',
    method: 'GET',
    path: '/people',
    summary: 'A query',
    access: open,
    query: v.strictObject({ q: v.string(), limit: v.optional(v.pipe(v.string(), v.digits())) }),
    handle: ({ query }) => Promise.resolve({ ok: true, status: 200, body: { query } }),
  }),
  route({
    ...none,
    id: 'readPerson',
    method: 'GET',
    path: '/people/:id',
    summary: 'A parameter',
    access: open,
    handle: ({ params }) => Promise.resolve({ ok: true, status: 200, body: { params } }),
  }),
  route({
    ...none,
    id: 'deletePerson',
    method: 'DELETE',
    path: '/people/:personId',
    summary: 'The same place under another name',
    access: open,
    handle: ({ params }) => Promise.resolve({ ok: true, status: 200, body: { params } }),
  }),
  route({
    ...none,
    id: 'readSession',
    method: 'GET',
    path: '/session',
    summary: 'For signed-in callers',
    access: { kind: 'session' },
    handle: () => Promise.resolve({ ok: true, status: 200, body: { session: 'live' } }),
  }),
  route({
    ...none,
    id: 'endSession',
    method: 'DELETE',
    path: '/session',
    summary: 'No body in, none out, a cookie cleared',
    access: { kind: 'session' },
    handle: () => Promise.resolve({ ok: true, status: 204, cookies: { session: null } }),
  }),
  route({
    ...none,
    id: 'adminOnly',
    method: 'GET',
    path: '/admin/events',
    summary: 'For nobody here',
    access: { kind: 'admin', permission: 'events:read' },
    handle: () => Promise.resolve({ ok: true, status: 200, body: {} }),
  }),
  route({
    ...none,
    id: 'limited',
    method: 'POST',
    path: '/limited',
    summary: 'A refusal with everything on it',
    access: open,
    handle: () =>
      Promise.resolve({ ok: false, problem: 'rate_limited', retryAfterSeconds: 41.2, cookies: { binding: null } }),
  }),
  route({
    ...none,
    id: 'readPage',
    method: 'GET',
    path: '/page',
    summary: 'Another content type and a cacheable answer',
    access: open,
    handle: () =>
      Promise.resolve({
        ok: true,
        status: 200,
        body: '<p>page</p>',
        headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'public, max-age=60' },
      }),
  }),
  route({
    ...none,
    id: 'leave',
    method: 'GET',
    path: '/leave',
    summary: 'A redirect',
    access: open,
    handle: () => Promise.resolve({ ok: true, status: 303, headers: { location: 'https://app.example.com/done' } }),
  }),
  route({
    ...none,
    id: 'splitHeader',
    method: 'GET',
    path: '/split-header',
    summary: 'A route that would let a line break into a header',
    access: open,
    handle: () => Promise.resolve({ ok: true, status: 303, headers: { location: '/\r\nset-cookie: evil=1' } }),
  }),
  route({
    ...none,
    id: 'breakDown',
    method: 'POST',
    path: '/fault/:code',
    summary: 'A fault',
    access: open,
    handle: ({ params }) => Promise.reject(faultOf(params['code'] ?? '')),
  }),
]

function faultOf(code: string): Error {
  const cause = new Error(`SELECT '${plantedSecret}'`)
  switch (code) {
    case 'storage_unavailable':
    case 'storage_conflict':
    case 'hashing_overloaded':
    case 'outcome_unknown':
    case 'key_unknown':
      return new LatchkeyError(code satisfies FaultCode, undefined, { cause, retryAfterSeconds: 7 })
    default:
      return new TypeError(`cannot read ${plantedSecret}\n    at ${plantedSecret} (file.ts:1:1)`, { cause })
  }
}
