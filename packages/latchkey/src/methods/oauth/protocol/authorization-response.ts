import { skipStateCheck, validateAuthResponse, type AuthorizationServer } from 'oauth4webapi'
import { failureOf, refused, type ProviderRefusal } from './failure.ts'

/** The query of a callback, each parameter once. */
export interface CallbackParameters {
  readonly state?: string | undefined
  readonly code?: string | undefined
  readonly iss?: string | undefined
  readonly error?: string | undefined
}

export type AuthorizationResponse = { readonly ok: true; readonly parameters: URLSearchParams } | ProviderRefusal

/**
 * Decides whether an answer is one of this provider (RFC 9207 section 2.4, RFC 9700 section 4.4.2): its `iss` must be the pinned issuer, and be
 * there when the provider announces it. That `state` is ours was decided before, by the challenge that it opened.
 */
export function judgeResponse(
  server: AuthorizationServer,
  clientId: string,
  { code, iss, error }: CallbackParameters,
): AuthorizationResponse {
  const given = Object.entries({ code, iss, error }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  // Before the error is believed: a mix-up attack may answer with an error as well.
  if (iss === undefined ? server.authorization_response_iss_parameter_supported === true : iss !== server.issuer)
    return refused('wrong_issuer')
  if (error === undefined && (code === undefined || code === '')) return refused('answer_invalid')
  try {
    const parameters = validateAuthResponse(server, { client_id: clientId }, new URLSearchParams(given), skipStateCheck)
    return { ok: true, parameters }
  } catch (thrown) {
    return refused(failureOf(thrown))
  }
}
