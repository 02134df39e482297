import type { RolePermissions } from '../access/permissions.ts'
import type { Settings } from '../core/settings.ts'
import type { MailTransport } from '../courier/mail-transport.ts'
import type { MailTemplates } from '../courier/templates.ts'
import type { Argon2Options } from '../credential/hashing/argon2-parameters.ts'
import type { BreachedPasswordsOptions } from '../credential/policy/breached-passwords.ts'
import type { RequestObservation } from '../http/metrics.ts'
import type { Method } from '../methods/method.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { SessionCacheOptions } from '../session/cache/options.ts'
import type { ChangeSignals } from '../store/change-signals.ts'
import type { LimitStore } from '../store/limit-store.ts'
import type { Store } from '../store/store.ts'

/** Sections of `Settings`, each given in part; what is not given keeps its default. */
export type SettingsOptions = {
  readonly [Key in keyof Omit<Settings, 'publicUrl'>]?: Settings[Key] extends string | number | readonly string[]
    ? Settings[Key]
    : Partial<Settings[Key]>
}

/** Options of `createAuth`. */
export interface AuthOptions extends SettingsOptions {
  /** Where everything is kept, e.g. `createSqliteStorage({ filename: './data/latchkey.db' })`. */
  readonly storage: EngineStorage
  /** Keeps the budgets of the limits somewhere else than in the database, e.g. `createRedisLimitStore({ url })` of `latchkey/redis`. */
  readonly limitStore?: LimitStore
  /** At least 32 characters each, newest first. Old ones stay until `doctor` says that nothing hangs on them. */
  readonly secret: string | readonly string[]
  /** Where people reach the application, e.g. `https://app.example.com`. `http:` only for localhost. */
  readonly publicUrl: string
  /** Ways to sign in, e.g. `[password(), emailCode()]`. */
  readonly methods: readonly Method[]
  /** How mails leave, e.g. `createSmtpTransport({ … })`. */
  readonly mail: MailTransport
  /** Replace mails one by one. */
  readonly mailTemplates?: Partial<MailTemplates>
  /** Origins that may call from a browser beside our own. Default none. */
  readonly allowedOrigins?: readonly string[]
  /** Proxies whose forwarding headers are believed: how many, or which addresses. Default none. */
  readonly trustedProxies?: readonly string[] | number
  /** Which of the two headers they write. Default `x-forwarded-for`. */
  readonly forwardedHeader?: 'x-forwarded-for' | 'forwarded'
  /** What each role may do. Default `{ admin: ['*'] }`. */
  readonly rolePermissions?: RolePermissions
  /** Cost of new password hashes. Default OWASP's 19 MiB, 2 passes, 1 lane. */
  readonly hashing?: Argon2Options & {
    readonly slots?: number
    readonly maxQueued?: number
    readonly maxQueuedPerNetwork?: number
    /** Whether hashes go behind requests where both want the same core (Linux). Concerns the whole process. Default true. */
    readonly yieldToLoop?: boolean
  }
  /** The breach list: on by default, off in development. */
  readonly breachedPasswords?: boolean | BreachedPasswordsOptions
  readonly logger?: Logger
  /** Called once for every answered request, for access logs. Holds nothing personal. It must not throw. */
  readonly onRequest?: (observation: RequestObservation) => void
  /** Whether this process sends mail, seals the audit log and removes what has expired, from the first request on. Default true. */
  readonly backgroundWork?: boolean
  /**
   * Checked sessions are believed for a moment without asking the database. On by default; `false` asks it each time. What a revocation
   * takes to be in force on other nodes is said at {@link SessionCacheOptions}.
   */
  readonly sessionCache?: Partial<SessionCacheOptions> | false
  /** Development mode: answers localhost alone, has the administrator link. Default false; asked for, never inferred. */
  readonly development?: boolean
  /** Memory storage loses every account at exit: outside development it wants a reason. */
  readonly unsafeMemoryStorage?: { readonly reason: string }
  /** For tests. */
  readonly clock?: Clock
  readonly random?: Random
}

/** What the engine asks of a storage beside the port: its kind, and whether its schema is the one that this version expects. */
export interface EngineStorage extends Store {
  readonly dialect: string
  /** Without it other engines in this process learn of commits from the feed, as other nodes do. */
  readonly changeSignals?: ChangeSignals
  migrationStatus(): Promise<{ readonly pending: readonly string[]; readonly altered: readonly string[] }>
}
