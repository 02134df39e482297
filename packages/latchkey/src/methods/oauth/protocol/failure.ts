import {
  AuthorizationResponseError,
  JSON_ATTRIBUTE_COMPARISON,
  JWT_CLAIM_COMPARISON,
  JWT_TIMESTAMP_CHECK,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import { OutgoingError } from '../../../platform/guarded-fetch.ts'

/** Why a provider brought nobody here: for the audit log. What people read of it is decided in `return-target.ts`. */
export type ProviderFailure =
  /** The person said no, or the provider did (RFC 6749 section 4.1.2.1). */
  | 'denied'
  | 'provider_error'
  /** No answer, or one that must not be waited for. */
  | 'unreachable'
  /** Its address or metadata must not be used: another issuer, an insecure or private address, no acceptable algorithm. */
  | 'metadata_refused'
  /** Our own registration is refused: wrong id or secret. */
  | 'client_refused'
  /** The code was used before, expired, is another client's, or does not fit the verifier. */
  | 'code_refused'
  | 'answer_invalid'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_nonce'
  | 'wrong_algorithm'
  | 'bad_signature'
  | 'token_expired'
  | 'wrong_subject'
  | 'no_subject'

export interface ProviderRefusal {
  readonly ok: false
  readonly reason: ProviderFailure
}

export function refused(reason: ProviderFailure): ProviderRefusal {
  return { ok: false, reason }
}

/** What the protocol library or the network threw, as an outcome. Anything else is a mistake of ours and stays thrown. */
export function failureOf(error: unknown): ProviderFailure {
  if (error instanceof OutgoingError) return outgoingFailures[error.reason]
  if (error instanceof AuthorizationResponseError) return error.error === 'access_denied' ? 'denied' : 'provider_error'
  if (error instanceof ResponseBodyError) return tokenErrors[error.error] ?? 'answer_invalid'
  if (error instanceof WWWAuthenticateChallengeError) return 'client_refused'
  if (error instanceof UnsupportedOperationError) return 'wrong_algorithm'
  if (error instanceof OperationProcessingError) return processingFailure(error)
  throw error
}

const outgoingFailures: { readonly [Reason in OutgoingError['reason']]: ProviderFailure } = {
  insecure_url: 'metadata_refused',
  forbidden_address: 'metadata_refused',
  redirect: 'answer_invalid',
  too_large: 'answer_invalid',
  timeout: 'unreachable',
  unreachable: 'unreachable',
  unresolvable: 'unreachable',
}

/** RFC 6749 section 5.2. */
const tokenErrors: Readonly<Record<string, ProviderFailure | undefined>> = {
  invalid_grant: 'code_refused',
  invalid_client: 'client_refused',
  unauthorized_client: 'client_refused',
}

const claimFailures: Readonly<Record<string, ProviderFailure | undefined>> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  azp: 'wrong_audience',
  nonce: 'wrong_nonce',
}

function processingFailure({ code, cause }: OperationProcessingError): ProviderFailure {
  const detail = typeof cause === 'object' && cause !== null ? cause : {}
  if (detail instanceof Response) return detail.status >= 500 ? 'unreachable' : 'answer_invalid'
  if (code === JWT_TIMESTAMP_CHECK) return 'token_expired'
  if (code === JWT_CLAIM_COMPARISON && 'claim' in detail) return claimFailures[String(detail.claim)] ?? 'answer_invalid'
  if (code === JSON_ATTRIBUTE_COMPARISON && 'attribute' in detail)
    return detail.attribute === 'sub' ? 'wrong_subject' : 'metadata_refused'
  if ('header' in detail) return 'wrong_algorithm'
  // Some answer 200 with an error inside (GitHub).
  if ('body' in detail && typeof detail.body === 'object' && detail.body !== null && 'error' in detail.body) {
    const name = String(detail.body.error)
    return name === 'bad_verification_code' ? 'code_refused' : (tokenErrors[name] ?? 'answer_invalid')
  }
  return 'answer_invalid'
}
