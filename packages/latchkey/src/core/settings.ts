import type { BudgetCharge } from '../throttle/budget.ts'
import { dayMs, hourMs, minuteMs, secondMs } from '../platform/clock.ts'

/** Everything that can be set, resolved. Each number stands here once, with its reason. */
export interface Settings {
  /** Name of the product, as mails and pages show it. */
  readonly appName: string
  /** Where people reach the handler, e.g. `https://app.example.com`; without a trailing slash. Links are built from it alone (design rule 7). */
  readonly publicUrl: string
  /** Path under which the routes are mounted. */
  readonly basePath: string
  /** Path of the hosted pages that mail links open. */
  readonly pagesPath: string
  /** Origins beside our own to which a sign-in may lead back. Default none. */
  readonly redirectOrigins: readonly string[]
  readonly session: SessionSettings
  readonly accessToken: AccessTokenSettings
  readonly code: CodeSettings
  readonly registrationTtlMs: number
  readonly resetTtlMs: number
  readonly attemptTtlMs: number
  /** How long the old address can undo a change of the address. Default 72 hours. */
  readonly emailUndoTtlMs: number
  readonly deviceTtlMs: number
  readonly secondFactor: SecondFactorSettings
  readonly password: PasswordSettings
  readonly limits: Limits
  readonly retention: RetentionSettings
}

export interface SessionSettings {
  /** Without a request for this long a session is over. Default 7 days. */
  readonly idleMs: number
  /** Over at the latest. Default 30 days. */
  readonly absoluteMs: number
  /** Live sessions a user; the oldest end first. Default 25. */
  readonly maxPerUser: number
  /** An authentication younger than this is fresh. Default 15 minutes. */
  readonly freshMs: number
  /** The predecessor of a refresh token still gets the same successor for this long after the turn. Default 10 s, at most 60. */
  readonly refreshGraceMs: number
}

export interface AccessTokenSettings {
  /** Default 15 minutes. */
  readonly ttlMs: number
  readonly audience: string
}

export interface CodeSettings {
  /** Life of a mailed code. Default 5 minutes (ASVS 6.5.5 allows 10). */
  readonly ttlMs: number
  /** Attempts at one challenge, however often its code is sent again. Default 5. */
  readonly maxAttempts: number
}

export interface SecondFactorSettings {
  /** `enrolled`: whoever enrolled a second factor is asked for it. `always`: everybody gives two proofs of different kinds. */
  readonly policy: 'enrolled' | 'always'
  /** A right password on an unknown device is followed by a mailed code. Default true. */
  readonly newDeviceCode: boolean
}

export interface PasswordSettings {
  /** Default 8 (ASVS 6.2.1); 15 in the strict policy (NIST SP 800-63B-4 3.1.1.2). */
  readonly minLength: number
  /** Characters accepted; longer input is refused before any work. Default 1,024. */
  readonly maxLength: number
  /** Words that a password must not consist of, beside the address and the product's name. */
  readonly contextWords: readonly string[]
}

export type Ceiling = Pick<BudgetCharge, 'limit' | 'windowMs'>

/** Every limit of the engine. True ceilings: at most `limit` in any window. */
export interface Limits {
  readonly passwordPerAccount: Ceiling
  readonly passwordPerDevice: Ceiling
  readonly passwordPerNetwork: Ceiling
  /** Wrong codes; a known device has as many of its own, in place of the account's. */
  readonly codePerAccount: Ceiling
  readonly codePerNetwork: Ceiling
  /** Wrong codes of authenticator apps and wrong recovery codes: after a right first proof, apart from the password's budget. */
  readonly factorPerAccount: Ceiling
  readonly factorPerNetwork: Ceiling
  /** Ceremonies, enrolments and step-ups begun: each leaves a row. */
  readonly ceremonyPerNetwork: Ceiling
  /** Sign-in links asked for. */
  readonly linkPerAddress: Ceiling
  readonly linkPerNetwork: Ceiling
  /** Mails with a code; a known device has as many of its own. */
  readonly mailPerAddress: Ceiling
  readonly mailPerNetwork: Ceiling
  readonly resetPerAddress: Ceiling
  readonly signUpPerNetwork: Ceiling
  /** Refusals that no other budget bounds, as rows of the audit log: nobody fills the database by knocking. */
  readonly refusalPerNetwork: Ceiling
}

export interface RetentionSettings {
  /** Ended sessions and settled messages are kept this long for the eye. Default 7 days. */
  readonly endedMs: number
  /** Audit events. Default 400 days. */
  readonly eventsMs: number
}

export const defaultSettings: Omit<Settings, 'publicUrl'> = {
  appName: 'Latchkey',
  basePath: '/auth',
  pagesPath: '',
  redirectOrigins: [],
  session: {
    idleMs: 7 * dayMs,
    absoluteMs: 30 * dayMs,
    maxPerUser: 25,
    freshMs: 15 * minuteMs,
    refreshGraceMs: 10 * secondMs,
  },
  accessToken: { ttlMs: 15 * minuteMs, audience: '' },
  code: { ttlMs: 5 * minuteMs, maxAttempts: 5 },
  registrationTtlMs: dayMs,
  // OWASP Forgot Password: short; half an hour outlives slow mail and little else.
  resetTtlMs: 30 * minuteMs,
  attemptTtlMs: 30 * minuteMs,
  // Over a weekend without mail.
  emailUndoTtlMs: 3 * dayMs,
  deviceTtlMs: 365 * dayMs,
  secondFactor: { policy: 'enrolled', newDeviceCode: true },
  password: { minLength: 8, maxLength: 1_024, contextWords: [] },
  limits: {
    // 10 in a quarter of an hour, as the seed systems promise; NIST SP 800-63B-4 3.2.2 allows no more than 100 in a row.
    passwordPerAccount: { limit: 10, windowMs: 15 * minuteMs },
    passwordPerDevice: { limit: 10, windowMs: 15 * minuteMs },
    // A network may be an office behind one address.
    passwordPerNetwork: { limit: 100, windowMs: 15 * minuteMs },
    // Wrong codes of all attempts together. 10^6 codes: 30 a day give a patient attacker 1.1 % a year against one account.
    codePerAccount: { limit: 30, windowMs: dayMs },
    codePerNetwork: { limit: 100, windowMs: 15 * minuteMs },
    // Three of a million codes are right at any time: 20 a day give whoever has the password 2.2 % a year (RFC 4226 section 7.3).
    factorPerAccount: { limit: 20, windowMs: dayMs },
    factorPerNetwork: { limit: 100, windowMs: 15 * minuteMs },
    ceremonyPerNetwork: { limit: 300, windowMs: 15 * minuteMs },
    // What the seed systems promise, as true ceilings.
    linkPerAddress: { limit: 5, windowMs: hourMs },
    linkPerNetwork: { limit: 20, windowMs: hourMs },
    mailPerAddress: { limit: 10, windowMs: hourMs },
    mailPerNetwork: { limit: 60, windowMs: hourMs },
    resetPerAddress: { limit: 3, windowMs: hourMs },
    signUpPerNetwork: { limit: 30, windowMs: hourMs },
    // Three times what the narrowest budgets let through before they refuse; a flood beyond it tells nothing new.
    refusalPerNetwork: { limit: 300, windowMs: 15 * minuteMs },
  },
  retention: { endedMs: 7 * dayMs, eventsMs: 400 * dayMs },
}
