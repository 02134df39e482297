/**
 * The public vocabulary of failures (RFC 9457): `code` is closed, each has one status and one title. Reasons inside are finer; every
 * route maps them to these in one visible place. `docs/errors.md` is generated from this table.
 */
export const problems = {
  malformed: {
    status: 400,
    title: 'The request is malformed.',
    help: 'Send one JSON object in UTF-8 with the fields that the route names.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Address or password is wrong.',
    help: 'The same answer is given for an unknown address, a wrong password and a blocked account.',
  },
  wrong_code: {
    status: 401,
    title: 'The code is wrong or no longer valid.',
    help: 'Check the newest mail, or ask for a new code. A code has few attempts.',
  },
  attempt_over: {
    status: 401,
    title: 'This attempt is over.',
    help: 'It expired, was used, ran out of attempts, or belongs to another browser. Start again.',
  },
  passkey_refused: {
    status: 401,
    title: 'The passkey was not accepted.',
    help: 'Begin again, or use another way. The same answer is given whatever was wrong with it.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid session.',
    help: 'Sign in first. The session may have ended or been revoked.',
  },
  invalid_refresh_token: {
    status: 401,
    title: 'The refresh token is not valid.',
    help: 'Sign in again. A token is good for one turn.',
  },
  csrf: {
    status: 403,
    title: 'The request came from another site.',
    help: 'Send it from an allowed origin; see `allowedOrigins`.',
  },
  forbidden: { status: 403, title: 'Not allowed.', help: 'The session lacks the permission for this.' },
  aal_required: {
    status: 403,
    title: 'A second factor is required for this.',
    help: 'Step up the session, then repeat.',
  },
  fresh_required: { status: 403, title: 'A recent sign-in is required for this.', help: 'Sign in again, then repeat.' },
  second_factor_missing: {
    status: 403,
    title: 'Your sign-in needs a second factor and none is set up.',
    help: 'Sign in with the password first, or ask an administrator.',
  },
  not_found: { status: 404, title: 'Not found.', help: 'No such route or object.' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here.', help: 'See the Allow header.' },
  conflict: { status: 409, title: 'The state has changed meanwhile.', help: 'Read it again, then repeat.' },
  email_taken: { status: 409, title: 'A user with this address exists.', help: 'Only administrators see this answer.' },
  last_way_in: {
    status: 409,
    title: 'This is the last way to sign in.',
    help: 'Add another one first: a password, a passkey or an identity.',
  },
  not_enrolled: {
    status: 409,
    title: 'No second factor is set up.',
    help: 'Enrol an authenticator app or a passkey first.',
  },
  link_in_account: {
    status: 409,
    title: 'An account with this address exists.',
    help: 'Sign in to it otherwise, and bind the identity there.',
  },
  email_missing: {
    status: 409,
    title: 'The provider gives no address.',
    help: 'An account needs one. Let the provider share it, or register otherwise.',
  },
  code_required: {
    status: 409,
    title: 'The code of the same mail is required.',
    help: 'Type the six digits of the mail.',
  },
  too_large: { status: 413, title: 'The body is too large.', help: 'At most 64 KiB.' },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be application/json.',
    help: 'Set Content-Type: application/json.',
  },
  invalid_fields: { status: 422, title: 'Some fields are not acceptable.', help: '`fields` names each with a reason.' },
  password_rejected: { status: 422, title: 'This password is not acceptable.', help: '`fields.password` says why.' },
  rate_limited: { status: 429, title: 'Too many attempts.', help: 'Repeat after `retryAfter` seconds.' },
  internal: { status: 500, title: 'Something broke.', help: 'The request id stands in the log.' },
  unavailable: { status: 503, title: 'Temporarily unavailable.', help: 'Repeat after `retryAfter` seconds.' },
  outcome_unknown: {
    status: 503,
    title: 'It is not known whether the change happened.',
    help: 'Read the state again before repeating.',
  },
} as const

export type ProblemCode = keyof typeof problems

/** Reasons in `fields`, e.g. `{ "password": "too_short" }`. */
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
