import type { Factors } from './account-answers.ts'
import type { Config, ConfigResult, SessionResult } from './answers.ts'
import type { CallOptions, Json } from './call.ts'
import type { Failure } from './problem.ts'
import type { AccountRoutes, FactorRoutes, FactorSettingRoutes, SessionRoutes, SignInRoutes } from './routes.ts'
import { createSend, type Send, type StepUpHandler } from './send.ts'
import { createTabs, type SessionChange } from './tabs.ts'
import { createTokens, type TokenStorage } from './tokens.ts'

export interface ClientOptions {
  /** Where the routes are mounted, e.g. `/auth`; without a trailing slash. */
  readonly baseUrl: string
  /**
   * `cookie` (default): the session is an HttpOnly cookie of the page's own origin, nothing secret is in the hands of a script. `token`: for
   * clients of another origin and native shells; the origin must be in the server's `allowedOrigins`.
   */
  readonly mode?: 'cookie' | 'token'
  /** Token mode only. Default: the memory of this tab. */
  readonly tokenStorage?: TokenStorage
  /** Called when a call needs a fresh or raised session; after `true` the call is made again. Without it such a call is a failure. */
  readonly onStepUpRequired?: StepUpHandler
  /** Milliseconds to wait for an answer. Default 20,000. */
  readonly timeoutMs?: number
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch
}

/** The routes of the server. Outcomes are returned: `ok`, then `status` or `code`; nothing is thrown for an answer or a missing one. */
export interface Client extends SignInRoutes, FactorRoutes, SessionRoutes, AccountRoutes, FactorSettingRoutes {
  config(): Promise<ConfigResult>
  /** Hears of sign-ins and sign-outs through this client, in any tab of this origin. @returns what ends it */
  onSessionChange(listener: (change: SessionChange) => void): () => void
  /** Token mode: for requests to the application's own API, turned if need be; `null` when nobody is signed in, and in cookie mode. */
  accessToken(): Promise<string | null>
}

const defaultTimeoutMs = 20_000

/**
 * A client for the routes under `baseUrl`.
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
  const tabs = createTabs(`latchkey ${callOptions.baseUrl}`)
  const tokens = options.mode === 'token' ? createTokens(callOptions, tabs, options.tokenStorage) : undefined
  const send = createSend({ options: callOptions, tabs, tokens, onStepUpRequired: options.onStepUpRequired })
  let sessionFlight: Promise<SessionResult> | undefined

  const change: Send = async <Result extends { readonly ok: true }>(...call: Parameters<Send>) => {
    // An answer that was asked for before a change must not be handed to a caller who asks after it.
    sessionFlight = undefined
    const result = await send<Result>(...call)
    sessionFlight = undefined
    return result
  }
  type Shorthand = <Result extends { readonly ok: true }>(path: string, body?: Json) => Promise<Result | Failure>
  const post: Shorthand = (path, body = {}) => change('POST', path, body)
  const patch: Shorthand = (path, body) => change('PATCH', path, body)
  const remove: Shorthand = (path) => change('DELETE', path)
  const get: Shorthand = (path) => send('GET', path)
  /** What opens a session, or leads to it, says how the session is carried. */
  const mode: Json = tokens ? { mode: 'token' } : {}
  const begin: Shorthand = (path, body) => post(path, { ...body, ...mode })
  /** What takes a proof says in token mode what a browser's device cookie says. */
  const prove: Shorthand = async (path, body) => {
    const device = await tokens?.device()
    return post(path, { ...body, ...(device && { device }) })
  }
  const segment = encodeURIComponent

  return {
    onSessionChange: tabs.listen,
    accessToken: async () => (await tokens?.current())?.accessToken ?? null,
    config: async () => {
      const result = await get<{ readonly ok: true } & Config>('/config')
      if (!result.ok) return result
      const { ok, ...config } = result
      return { ok, config }
    },

    signUp: (input) => begin('/sign-up', { ...input }),
    startPasskeySignUp: (input) => begin('/sign-up/passkey/start', { ...input }),
    finishPasskeySignUp: (input) => post('/sign-up/passkey/finish', { ...input }),
    signInWithPassword: (input) => prove('/sign-in/password', { ...input, ...mode }),
    signInWithEmailCode: (input) => prove('/sign-in/email-code', { ...input, ...mode }),
    requestMagicLink: (input) => prove('/sign-in/magic-link', { ...input, ...mode }),
    finishMagicLink: (input) => prove('/sign-in/magic-link/finish', { ...input, ...mode }),
    startPasskeySignIn: () => begin('/sign-in/passkey/start'),
    finishPasskeySignIn: (input) => prove('/sign-in/passkey/finish', { ...input }),
    startOAuth: (provider, input) => begin(`/sign-in/oauth/${segment(provider)}`, { ...input }),
    finishOAuth: (input) => prove('/sign-in/oauth/finish', { ...input }),

    finishEmailCode: (input) => prove('/sign-in/factor/email-code', { ...input }),
    resendEmailCode: (input) => prove('/sign-in/factor/email-code/resend', { ...input }),
    finishPassword: (input) => prove('/sign-in/factor/password', { ...input }),
    finishTotp: (input) => prove('/sign-in/factor/totp', { ...input }),
    finishRecoveryCode: (input) => prove('/sign-in/factor/recovery-code', { ...input }),
    startPasskeyFactor: (input) => post('/sign-in/factor/passkey/start', { ...input }),
    finishPasskeyFactor: (input) => prove('/sign-in/factor/passkey/finish', { ...input }),

    session: () => {
      if (sessionFlight) return sessionFlight
      const flight: Promise<SessionResult> = get<Extract<SessionResult, { ok: true }>>('/session')
      sessionFlight = flight
      void flight.finally(() => {
        if (sessionFlight === flight) sessionFlight = undefined
      })
      return flight
    },
    stepUp: () => post('/session/step-up'),
    signOut: async () => {
      const result = await remove('/session')
      if (result.ok || result.code === 'unauthenticated') await (tokens ? tokens.drop() : tabs.tell('signed_out'))
      return result
    },
    sessions: () => get('/sessions'),
    revokeSession: (id) => remove(`/sessions/${segment(id)}`),
    revokeOtherSessions: () => remove('/sessions'),

    updateAccount: (changes) => patch('/account', { ...changes }),
    activity: (cursor) => get(`/account/activity${cursor ? `?cursor=${segment(cursor)}` : ''}`),
    changePassword: (input) => post('/password/change', { ...input }),
    requestPasswordReset: (input) => begin('/password/reset-request', { ...input }),
    resetPassword: (input) => prove('/password/reset', { ...input }),
    requestEmailVerification: () => post('/email/verify-request'),
    verifyEmail: (input) => post('/email/verify', { ...input }),
    changeEmail: (input) => post('/email/change', { ...input }),
    confirmEmailChange: (input) => post('/email/change/confirm', { ...input }),
    undoEmailChange: (input) => post('/email/change/undo', { ...input }),
    claimAdminLink: (input) => begin('/admin-link/claim', { ...input }),

    factors: async () => {
      const result = await get<{ readonly ok: true } & Factors>('/account/factors')
      if (!result.ok) return result
      const { ok, ...factors } = result
      return { ok, factors }
    },
    enrolTotp: () => post('/totp/enrol'),
    confirmTotp: (input) => post('/totp/confirm', { ...input }),
    removeTotp: () => remove('/totp'),
    regenerateRecoveryCodes: () => post('/recovery-codes/regenerate'),
    passkeys: () => get('/passkeys'),
    startPasskeyRegistration: () => post('/passkeys/register/start'),
    finishPasskeyRegistration: (input) => post('/passkeys/register/finish', { ...input }),
    renamePasskey: (id, input) => patch(`/passkeys/${segment(id)}`, { ...input }),
    setPasskeyUsage: (id, input) => change('PUT', `/passkeys/${segment(id)}/usage`, { ...input }),
    removePasskey: (id) => remove(`/passkeys/${segment(id)}`),
    identities: () => get('/identities'),
    linkIdentity: (provider, input) => post(`/identities/${segment(provider)}/link`, { ...input }),
    confirmIdentity: (input) => post('/identities/confirm', { ...input }),
    unlinkIdentity: (id) => remove(`/identities/${segment(id)}`),
  }
}
