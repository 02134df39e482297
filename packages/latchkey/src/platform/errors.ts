/**
 * Faults: what went wrong outside the person's control. Outcomes (wrong code, expired, over a limit) are returned, never thrown.
 * The table is the single place where a fault is named; `docs/errors.md` is generated from it together with the problem catalogue.
 */
export const faults = {
  storage_unavailable:
    'The database cannot be reached or refused the work. Check the server and LATCHKEY_DATABASE_URL; the call may be repeated.',
  outcome_unknown:
    'The connection broke while a commit was under way and its receipt cannot be read. Ask again what the state is before repeating.',
  storage_conflict:
    'A commit kept colliding with others and was given up after five tries. Nothing was changed; the call may be repeated.',
  schema_outdated: 'The database schema is older or newer than this version expects. Run `latchkey migrate`.',
  hashing_overloaded: 'Too many passwords are being hashed at once. Repeat after the time in `retryAfterSeconds`.',
  mail_failed: 'The mail server refused or could not be reached. The message stays in the outbox and is tried again.',
  key_unknown:
    'A value was sealed with a secret that is no longer in LATCHKEY_SECRET. Put the old secret back behind the new one.',
  sealed_value_broken: 'A sealed value does not open: it was changed, cut, or belongs to another place.',
  config_invalid: 'The configuration has an unknown or insecure value. The message names it.',
} as const

export type FaultCode = keyof typeof faults

export interface LatchkeyErrorOptions {
  readonly cause?: unknown
  /** Whole seconds after which repeating makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number
  /** The message needs no general advice behind it. */
  readonly saysWhatToDo?: boolean
}

/** The one class of thrown faults. `message` never holds a secret or personal data. */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError'
  readonly code: FaultCode
  readonly retryAfterSeconds: number | undefined

  constructor(code: FaultCode, message?: string, options: LatchkeyErrorOptions = {}) {
    const isComplete = code === 'config_invalid' || options.saysWhatToDo === true
    super(
      message === undefined ? faults[code] : isComplete ? message : `${message} ${faults[code]}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
