/** Codes of the server's problem documents (`docs/errors.md`), by what comes with them. */
export type FieldProblemCode = 'invalid_fields' | 'password_rejected'
export type WaitProblemCode = 'rate_limited' | 'unavailable'
/** What `stepUp` is for: the session lacks the second factor, or its last proof is too old. Nothing was done yet. */
export type StepUpProblemCode = 'aal_required' | 'fresh_required'
export type PlainProblemCode =
  | 'malformed'
  | 'invalid_credentials'
  | 'wrong_code'
  | 'attempt_over'
  | 'unauthenticated'
  | 'invalid_refresh_token'
  | 'csrf'
  | 'forbidden'
  | StepUpProblemCode
  | 'second_factor_missing'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'email_taken'
  | 'last_way_in'
  | 'passkey_refused'
  | 'not_enrolled'
  | 'link_in_account'
  | 'email_missing'
  | 'code_required'
  | 'too_large'
  | 'unsupported_media_type'
  | 'internal'
  | 'outcome_unknown'

export type ProblemCode = FieldProblemCode | WaitProblemCode | PlainProblemCode

export type FieldReason =
  | 'required'
  | 'invalid'
  | 'too_short'
  | 'too_long'
  | 'common'
  | 'breached'
  | 'contains_personal_word'
  | 'unchanged'
  | 'unknown_field'

/**
 * Why a call did not succeed. `unreachable`: no answer came (offline, cut, timed out), so it is not known whether the change happened.
 * Switch on `code`; a failure carries nothing about the person.
 */
export type Failure =
  | {
      readonly ok: false
      readonly code: FieldProblemCode
      readonly status: number
      readonly fields: Readonly<Record<string, FieldReason>>
    }
  | {
      readonly ok: false
      readonly code: WaitProblemCode
      readonly status: number
      /** Whole seconds until a repetition can succeed. */
      readonly retryAfterSeconds: number
    }
  | { readonly ok: false; readonly code: PlainProblemCode; readonly status: number }
  | { readonly ok: false; readonly code: 'unreachable'; readonly status: 0 }

export type FailureCode = Failure['code']

const fieldCodes = { invalid_fields: true, password_rejected: true } as const satisfies Record<FieldProblemCode, true>
const waitCodes = { rate_limited: true, unavailable: true } as const satisfies Record<WaitProblemCode, true>
const plainCodes = {
  malformed: true,
  invalid_credentials: true,
  wrong_code: true,
  attempt_over: true,
  unauthenticated: true,
  invalid_refresh_token: true,
  csrf: true,
  forbidden: true,
  aal_required: true,
  fresh_required: true,
  second_factor_missing: true,
  not_found: true,
  method_not_allowed: true,
  conflict: true,
  email_taken: true,
  last_way_in: true,
  passkey_refused: true,
  not_enrolled: true,
  link_in_account: true,
  email_missing: true,
  code_required: true,
  too_large: true,
  unsupported_media_type: true,
  internal: true,
  outcome_unknown: true,
} as const satisfies Record<PlainProblemCode, true>

/** Every code that the server may send; a test holds it against the server's own table. */
export const problemCodes: readonly string[] = Object.keys({ ...fieldCodes, ...waitCodes, ...plainCodes })

/** Whether the same call succeeds once the person proved again who they are (`client.stepUp`). */
export function needsStepUp(result: {
  readonly ok: boolean
  readonly code?: string
}): result is Extract<Failure, { readonly code: PlainProblemCode }> & { readonly code: StepUpProblemCode } {
  return !result.ok && (result.code === 'aal_required' || result.code === 'fresh_required')
}

const defaultRetryAfterSeconds = 5

/** A response without a readable problem document comes from something in front of the server (a proxy, a captive portal). */
export function failureOf(status: number, body: unknown, retryAfter: string | null): Failure {
  const document = isRecord(body) ? body : {}
  const code = typeof document['code'] === 'string' ? document['code'] : codeOfStatus(status)
  if (isKeyOf(fieldCodes, code)) return { ok: false, code, status, fields: fieldsOf(document['fields']) }
  if (isKeyOf(waitCodes, code)) {
    const seconds = secondsOf(document['retryAfter']) ?? secondsOf(retryAfter) ?? defaultRetryAfterSeconds
    return { ok: false, code, status, retryAfterSeconds: seconds }
  }
  return { ok: false, code: isKeyOf(plainCodes, code) ? code : 'internal', status }
}

function codeOfStatus(status: number): ProblemCode {
  if (status === 429) return 'rate_limited'
  if (status === 502 || status === 503 || status === 504) return 'unavailable'
  if (status === 404) return 'not_found'
  return 'internal'
}

function fieldsOf(value: unknown): Readonly<Record<string, FieldReason>> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, FieldReason] => isReason(entry[1])))
}

const reasons = {
  required: true,
  invalid: true,
  too_short: true,
  too_long: true,
  common: true,
  breached: true,
  contains_personal_word: true,
  unchanged: true,
  unknown_field: true,
} as const satisfies Record<FieldReason, true>

function isReason(value: unknown): value is FieldReason {
  return typeof value === 'string' && isKeyOf(reasons, value)
}

function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isKeyOf<Keys extends object>(table: Keys, key: string): key is Extract<keyof Keys, string> {
  return Object.hasOwn(table, key)
}
