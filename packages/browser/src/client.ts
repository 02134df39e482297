import type {
  Config,
  ConfigResult,
  DeviceSession,
  DoneResult,
  NeedsFactor,
  NeedsFactorResult,
  SentResult,
  Session,
  SessionResult,
  SessionsResult,
  SignedIn,
  SignInResult,
  User,
  UserResult,
} from './answers.ts'
import { call, type CallOptions, type CallResult, type Json } from './call.ts'

export interface ClientOptions {
  /** Where the routes are mounted, e.g. `/auth`; without a trailing slash. */
  readonly baseUrl: string
  /** Milliseconds to wait for an answer. Default 20,000. */
  readonly timeoutMs?: number
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch
}

/** The routes of the server in cookie mode. Nothing secret is kept: the session is an HttpOnly cookie that scripts cannot read. */
export interface Client {
  config(): Promise<ConfigResult>

  signUp(input: {
    readonly email: string
    readonly password?: string
    readonly name?: string
  }): Promise<NeedsFactorResult>
  signInWithPassword(input: { readonly email: string; readonly password: string }): Promise<SignInResult>
  signInWithEmailCode(input: { readonly email: string }): Promise<NeedsFactorResult>
  /** Adds a proof to the pending attempt. */
  finishEmailCode(input: { readonly attempt: string; readonly code: string }): Promise<SignInResult>
  finishPassword(input: { readonly attempt: string; readonly password: string }): Promise<SignInResult>
  resendEmailCode(input: { readonly attempt: string }): Promise<SentResult>

  /** Who is signed in; `unauthenticated` when nobody is. Calls at the same time share one request. */
  session(): Promise<SessionResult>
  /** Asks for the proof that makes this session fresh, or raises it; finished like a sign-in. */
  stepUp(): Promise<NeedsFactorResult>
  signOut(): Promise<DoneResult>

  sessions(): Promise<SessionsResult>
  revokeSession(id: string): Promise<DoneResult>
  revokeOtherSessions(): Promise<DoneResult>

  updateAccount(changes: { readonly name?: string; readonly locale?: string }): Promise<UserResult>
  changePassword(input: { readonly currentPassword: string; readonly password: string }): Promise<DoneResult>
  /** Answers `sent` whether or not the address is known. */
  requestPasswordReset(input: { readonly email: string }): Promise<SentResult>
  /** Ends every session of the person and signs nobody in. */
  resetPassword(input: { readonly token: string; readonly password: string }): Promise<DoneResult>

  /** Registers the first administrator with the one-time link of a development server's terminal. */
  claimAdminLink(input: {
    readonly token: string
    readonly email: string
    readonly password: string
    readonly name?: string
  }): Promise<NeedsFactorResult>
}

const defaultTimeoutMs = 20_000

/**
 * A client for the routes under `baseUrl`. Outcomes are returned: `ok`, then `status` or `code`; no method throws for an answer or a
 * missing one.
 *
 * @example
 * const client = createClient({ baseUrl: '/auth' })
 * const result = await client.signInWithPassword({ email, password })
 * if (!result.ok) show(result.code)
 * else if (result.status === 'needs_factor') askForCode(result.attempt)
 */
export function createClient(options: ClientOptions): Client {
  const callOptions: CallOptions = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    // Called as a method of another object, the platform's fetch throws.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
  }
  let sessionFlight: Promise<SessionResult> | undefined

  const read = (path: string): Promise<CallResult> => call(callOptions, 'GET', path)
  const change = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: Json): Promise<CallResult> => {
    // An answer that was asked for before a change must not be handed to a caller who asks after it.
    sessionFlight = undefined
    const result = await call(callOptions, method, path, body)
    sessionFlight = undefined
    return result
  }
  const post = (path: string, body: Json = {}): Promise<CallResult> => change('POST', path, body)
  const remove = (path: string): Promise<CallResult> => change('DELETE', path)

  return {
    config: async () => into(await read('/config'), (body) => ({ ok: true, config: body as unknown as Config })),

    signUp: async (input) => into(await post('/sign-up', { ...input }), needsFactor),
    signInWithPassword: async (input) => into(await post('/sign-in/password', { ...input }), signInStep),
    signInWithEmailCode: async (input) => into(await post('/sign-in/email-code', { ...input }), needsFactor),
    finishEmailCode: async (input) => into(await post('/sign-in/factor/email-code', { ...input }), signInStep),
    finishPassword: async (input) => into(await post('/sign-in/factor/password', { ...input }), signInStep),
    resendEmailCode: async (input) => into(await post('/sign-in/factor/email-code/resend', { ...input }), sent),

    session: () => {
      if (sessionFlight !== undefined) return sessionFlight
      const flight = read('/session').then((result) => into(result, sessionOf))
      sessionFlight = flight
      void flight.finally(() => {
        if (sessionFlight === flight) sessionFlight = undefined
      })
      return flight
    },
    stepUp: async () => into(await post('/session/step-up'), needsFactor),
    signOut: async () => into(await remove('/session'), done),

    sessions: async () => into(await read('/sessions'), sessionsOf),
    revokeSession: async (id) => into(await remove(`/sessions/${encodeURIComponent(id)}`), done),
    revokeOtherSessions: async () => into(await remove('/sessions'), done),

    updateAccount: async (changes) =>
      into(await change('PATCH', '/account', { ...changes }), (body) => ({ ok: true, user: body['user'] as User })),
    changePassword: async (input) => into(await post('/password/change', { ...input }), done),
    requestPasswordReset: async (input) => into(await post('/password/reset-request', { ...input }), sent),
    resetPassword: async (input) => into(await post('/password/reset', { ...input }), done),

    claimAdminLink: async (input) => into(await post('/admin-link/claim', { ...input }), needsFactor),
  }
}

/** The server is ours and its answers are typed by its own schemas, so they are taken at their word here (and only here). */
function into<Success>(result: CallResult, take: (body: Json) => Success): Success | Exclude<CallResult, { ok: true }> {
  return result.ok ? take(result.body) : result
}

function signInStep(body: Json): SignedIn | NeedsFactor {
  return body['status'] === 'signed_in' ? signedIn(body) : needsFactor(body)
}

function signedIn(body: Json): SignedIn {
  return { ok: true, status: 'signed_in', ...sessionBody(body) }
}

function needsFactor(body: Json): NeedsFactor {
  const { attempt, factors, sentTo } = body as Pick<NeedsFactor, 'attempt' | 'factors' | 'sentTo'>
  return { ok: true, status: 'needs_factor', attempt, factors, ...(sentTo === undefined ? {} : { sentTo }) }
}

function sessionOf(body: Json): Extract<SessionResult, { ok: true }> {
  return { ok: true, ...sessionBody(body) }
}

function sessionBody(body: Json): { readonly user: User; readonly session: Session } {
  return { user: body['user'] as User, session: body['session'] as Session }
}

function sessionsOf(body: Json): Extract<SessionsResult, { ok: true }> {
  return { ok: true, sessions: body['sessions'] as readonly DeviceSession[] }
}

function sent(): Extract<SentResult, { ok: true }> {
  return { ok: true, status: 'sent' }
}

function done(): Extract<DoneResult, { ok: true }> {
  return { ok: true }
}
