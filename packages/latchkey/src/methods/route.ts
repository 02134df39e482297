import type { GenericSchema, InferOutput } from 'valibot'
import type { Permission } from '../access/permissions.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { NowOrLater } from '../platform/now-or-later.ts'
import type { Session } from '../session/session.ts'
import type { User } from '../user/user.ts'
import type { FieldReason, ProblemCode } from './problem.ts'

/** A row of the one ordered route table. Parsing, checks and answering happen outside; a route translates, it decides nothing. */
export interface Route<
  Body extends GenericSchema | undefined = GenericSchema | undefined,
  Query extends GenericSchema | undefined = GenericSchema | undefined,
> {
  /** `operationId` of the OpenAPI document. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base path; `:name` is one segment. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly body?: Body
  /** What the body may be. Default JSON alone; a form is for pages that work without script. */
  readonly bodyTypes?: readonly BodyType[]
  readonly query?: Query
  /** Success statuses with their body's schema, for the OpenAPI document. */
  readonly answers: {
    readonly [Status in SuccessStatus]?: {
      readonly description: string
      readonly body?: GenericSchema
      readonly contentType?: string
    }
  }
  /** The problems that this route itself may answer with, beside those of its access and body. */
  readonly problems: readonly ProblemCode[]
  /** A GET with an effect, which HEAD must not have. */
  readonly noHead?: boolean
  handle(call: RouteCall<Body, Query>): NowOrLater<Answer>
}

export type BodyType = 'json' | 'form'

export type SuccessStatus = 200 | 201 | 202 | 204 | 303

/**
 * `public`: anybody. `session`: a live session. `admin`: a live session whose user has `permission`, at AAL2 where the user has a second
 * factor. `fresh` demands an authentication within `settings.session.freshMs`. `sensitive`, for whatever changes credentials, the address or the account, demands
 * that and, where a second factor is enrolled, that this session proved one. `enrolled` demands the latter alone: for what finishes a change that `sensitive` let
 * begin, since a factor may have been enrolled in between, and for what asks for a fresh proof by itself.
 */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'session'; readonly fresh?: boolean; readonly enrolled?: boolean; readonly sensitive?: boolean }
  | { readonly kind: 'admin'; readonly permission: Permission; readonly fresh?: boolean }

export interface RouteCall<Body extends GenericSchema | undefined, Query extends GenericSchema | undefined> {
  readonly body: Body extends GenericSchema ? InferOutput<Body> : undefined
  readonly query: Query extends GenericSchema ? InferOutput<Query> : undefined
  readonly params: Readonly<Record<string, string>>
  /** How the body came: a form is answered with a redirect. */
  readonly bodyType: BodyType
  readonly context: RequestContext
  /** The caller's session; present exactly when `access` is not `public`. */
  readonly caller: Caller | undefined
  readonly presented: Presented
}

export interface Caller {
  readonly user: User
  readonly session: Session
}

/** The pipeline lets nobody else through: `access` of the route says so. */
export function signedIn(caller: Caller | undefined): Caller {
  if (caller === undefined) throw new TypeError('the route is not public')
  return caller
}

/** Secrets that came with the request, unjudged. */
export interface Presented {
  /** `<id>.<secret>` from the session cookie. */
  readonly sessionToken: string | undefined
  /** From the Authorization header. */
  readonly accessToken: string | undefined
  /** Secret of the browser that began an attempt, from its cookie. */
  readonly binding: string | undefined
  /** `<id>.<secret>` of a known device, from its cookie. */
  readonly device: string | undefined
}

/** A native client sends its device in the body, where a browser has it in its cookie. */
export function withDevice(presented: Presented, device: string | undefined): Presented {
  return device === undefined ? presented : { ...presented, device }
}

export type Answer =
  | {
      readonly ok: true
      readonly status: SuccessStatus
      readonly body?: unknown
      readonly cookies?: CookieEffects
      readonly headers?: Readonly<Record<string, string>>
    }
  | {
      readonly ok: false
      readonly problem: ProblemCode
      readonly retryAfterSeconds?: number
      readonly fields?: Readonly<Record<string, FieldReason>>
      readonly cookies?: CookieEffects
    }

/** What happens to our cookies: set to a value for so long, or cleared (`null`). Names and attributes belong to `http/cookies.ts`. */
export interface CookieEffects {
  readonly session?: CookieEffect
  readonly binding?: CookieEffect
  readonly device?: CookieEffect
}

export type CookieEffect = { readonly value: string; readonly maxAgeSeconds: number } | null

/** Keeps the types of body and query while the table holds all routes in one list. */
export function route<
  const Body extends GenericSchema | undefined = undefined,
  const Query extends GenericSchema | undefined = undefined,
>(definition: Route<Body, Query>): Route {
  return definition as unknown as Route
}
