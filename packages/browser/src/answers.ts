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
}

/** One more proof is asked for. `attempt` is the handle of what is pending; in a browser it is worth nothing without the cookie set with it. */
export interface NeedsFactor {
  readonly ok: true
  readonly status: 'needs_factor'
  readonly attempt: string
  readonly factors: readonly FactorId[]
  /** Masked address, e.g. `j…@example.com`. */
  readonly sentTo?: string
}

export type SignInResult = SignedIn | NeedsFactor | Failure
export type NeedsFactorResult = NeedsFactor | Failure
export type SentResult = { readonly ok: true; readonly status: 'sent' } | Failure
export type DoneResult = { readonly ok: true } | Failure
export type SessionResult = { readonly ok: true; readonly user: User; readonly session: Session } | Failure
export type SessionsResult = { readonly ok: true; readonly sessions: readonly DeviceSession[] } | Failure
export type UserResult = { readonly ok: true; readonly user: User } | Failure
export type ConfigResult = { readonly ok: true; readonly config: Config } | Failure

/** What the server offers. A method that is absent is switched off. */
export interface Config {
  readonly appName: string
  readonly methods: {
    /** Lengths in characters (Unicode code points). */
    readonly password?: { readonly minLength: number; readonly maxLength: number }
    readonly 'email-code'?: { readonly digits: number }
  }
  /** Whether the server runs in development mode, with its mailbox. */
  readonly development: boolean
}
