import type { Failure } from './problem.ts'

/** A person as the server shows it; times are ISO 8601 in UTC. */
export interface User {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  readonly createdAt: string
}

export interface Session {
  readonly id: string
  /** NIST SP 800-63B authentication assurance level. */
  readonly aal: number
  /** RFC 8176 values, e.g. `['pwd', 'otp']`. */
  readonly amr: readonly string[]
  readonly authenticatedAt: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** A session in the list of a person's devices. */
export interface DeviceSession extends Session {
  /** Whether it is the session that asks. */
  readonly current: boolean
  readonly lastSeenAt: string
  readonly ip: string | null
  readonly userAgent: string | null
}

export type FactorId = 'email_code' | 'password' | 'totp' | 'recovery_code' | 'passkey'

export interface SignedIn {
  readonly ok: true
  readonly status: 'signed_in'
  readonly user: User
  readonly session: Session
  /** Where a magic link was asked to lead: a path of the server's own, or an allowed address. */
  readonly redirectTo?: string
}

/** One more proof is asked for. `attempt` is the handle of what is pending; in a browser it is worth nothing without the cookie set with it. */
export interface NeedsFactor {
  readonly ok: true
  readonly status: 'needs_factor'
  readonly attempt: string
  readonly factors: readonly FactorId[]
  /** Masked address, e.g. `j…@example.com`. */
  readonly sentTo?: string
  readonly redirectTo?: string
  /** Id of the provider whose identity the proof binds, after a sign-in there in token mode. */
  readonly link?: string
}

/** What a call gives: its success, or why there is none. */
export type Outcome<Success> = ({ readonly ok: true } & Success) | Failure

export type SignInResult = SignedIn | NeedsFactor | Failure
export type NeedsFactorResult = NeedsFactor | Failure
export type SentResult = Outcome<{ readonly status: 'sent' }>
export type DoneResult = { readonly ok: true } | Failure
export type SessionResult = Outcome<{ readonly user: User; readonly session: Session }>
export type SessionsResult = Outcome<{ readonly sessions: readonly DeviceSession[] }>
export type UserResult = Outcome<{ readonly user: User }>
export type ConfigResult = Outcome<{ readonly config: Config }>
/** A code is on its way; `attempt` goes back with it. */
export type AttemptResult = Outcome<{ readonly attempt: string }>
/** Where the browser goes next: a provider's sign-in page. `attempt`, in token mode alone, fetches the result. */
export type RedirectResult = Outcome<{ readonly url: string; readonly attempt?: string }>

/** What the server offers. A method that is absent is switched off. */
export interface Config {
  readonly appName: string
  readonly methods: {
    /** Lengths in characters (Unicode code points). */
    readonly password?: { readonly minLength: number; readonly maxLength: number }
    readonly 'email-code'?: { readonly digits: number }
    readonly 'magic-link'?: { readonly ttlSeconds: number }
    readonly totp?: { readonly digits: number }
    readonly 'recovery-code'?: Readonly<Record<never, never>>
    /** `firstFactor`: whether a passkey alone signs in; `signUp`: whether it may take a password's place from the beginning. */
    readonly passkey?: { readonly rpId: string; readonly firstFactor: boolean; readonly signUp: boolean }
    readonly oauth?: { readonly providers: readonly Provider[] }
  }
  /** Origins beside the server's own to which a sign-in may lead back. */
  readonly redirectOrigins: readonly string[]
  /** Whether the server runs in development mode, with its mailbox. */
  readonly development: boolean
}

/** Somebody else's sign-in that this server accepts. */
export interface Provider {
  readonly id: string
  readonly name: string
}
