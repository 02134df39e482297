import type { Settings } from '../../core/settings.ts'
import type { NeedsFactor, SignInResult } from '../../sign-in/sign-in-result.ts'
import type { Answer, CookieEffects } from '../route.ts'
import type { ArrivalRejection } from './oauth.ts'
import type { LinkRejection } from './link.ts'
import type { ReturnRejection } from './read-return.ts'

/** What the pages are told, closed: the address of a page is public, and whoever reads it over a shoulder learns nothing finer. */
export type LandingError =
  /** The person, or the provider for it, said no. */
  | 'access_denied'
  /** It does not answer, or is not set up well here. */
  | 'provider_unavailable'
  /** Expired, used, or begun in another browser. */
  | 'attempt_over'
  | 'sign_in_failed'
  /** The provider gives no address, and an account needs one. */
  | 'email_missing'
  /** Sign in otherwise, and bind it in the account. */
  | 'link_in_account'
  | 'already_linked'
  | 'identity_taken'
  | 'rate_limited'
  | 'second_factor_missing'

/** Reason inside → code outside, the one place. */
const landingErrors: {
  readonly [Reason in ReturnRejection | ArrivalRejection | LinkRejection]: LandingError
} = {
  over_limit: 'rate_limited',
  unknown: 'attempt_over',
  expired: 'attempt_over',
  spent: 'attempt_over',
  no_attempts_left: 'attempt_over',
  attempt_over: 'attempt_over',
  denied: 'access_denied',
  unreachable: 'provider_unavailable',
  metadata_refused: 'provider_unavailable',
  client_refused: 'provider_unavailable',
  provider_error: 'provider_unavailable',
  other_provider: 'sign_in_failed',
  code_refused: 'sign_in_failed',
  answer_invalid: 'sign_in_failed',
  wrong_issuer: 'sign_in_failed',
  wrong_audience: 'sign_in_failed',
  wrong_nonce: 'sign_in_failed',
  wrong_algorithm: 'sign_in_failed',
  bad_signature: 'sign_in_failed',
  token_expired: 'sign_in_failed',
  wrong_subject: 'sign_in_failed',
  no_subject: 'sign_in_failed',
  blocked: 'sign_in_failed',
  email_missing: 'email_missing',
  link_in_account: 'link_in_account',
  already_linked: 'already_linked',
  identity_taken: 'identity_taken',
}

export function landingErrorOf(reason: keyof typeof landingErrors): LandingError {
  return landingErrors[reason]
}

/** The pages on which a browser lands. */
export type LandingPage =
  /** Errors of a sign-in. */
  | '/sign-in'
  /** The next factor of an attempt. */
  | '/code'
  /** The account with this address is to be proved. */
  | '/sign-in/link'
  /** A signed-in person looks at the identity that is to be bound, or reads why it cannot be. */
  | '/identities/confirm'
  | '/'

/**
 * 303, so that nothing of the request is sent on (RFC 9700 section 4.12). What a page needs stands behind `#`: it reaches no server, no log and no
 * referrer.
 */
export function landOn(
  { publicUrl, pagesPath }: Pick<Settings, 'publicUrl' | 'pagesPath'>,
  page: LandingPage,
  fields: Readonly<Record<string, string | null>> = {},
  cookies: CookieEffects = {},
): Answer {
  const given = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== null)
  const fragment = new URLSearchParams(given).toString()
  const location = `${publicUrl}${pagesPath}${page}${fragment === '' ? '' : `#${fragment}`}`
  return { ok: true, status: 303, headers: { location }, cookies }
}

/** Token mode: the address of the client, judged when it was asked for. No cookie: the browser may be anybody's. */
export function landAtClient(redirectTo: string | null, fields: Readonly<Record<string, string>>): Answer {
  const [base = '/'] = (redirectTo ?? '/').split('#')
  return { ok: true, status: 303, headers: { location: `${base}#${new URLSearchParams(fields).toString()}` } }
}

/** Where a person goes who is still to prove something. */
export function landOnAttempt(
  settings: Settings,
  page: '/code' | '/sign-in/link',
  needs: NeedsFactor,
  more: { readonly provider: string; readonly redirectTo: string | null },
): Answer {
  const { attempt, factors, sentTo, binding, bindingTtlMs } = needs
  const fields = { attempt, factors: factors.join(','), sentTo, ...more }
  const maxAgeSeconds = Math.ceil(bindingTtlMs / 1_000)
  return landOn(settings, page, fields, binding === null ? {} : { binding: { value: binding, maxAgeSeconds } })
}

/** What the door said, as a place. `signedIn` has the cookies of a session that was opened. */
export function landAfterDoor(
  settings: Settings,
  result: SignInResult,
  signedIn: Answer,
  more: { readonly provider: string; readonly redirectTo: string | null },
): Answer {
  if (!result.ok) {
    const error: LandingError =
      result.reason === 'second_factor_missing'
        ? 'second_factor_missing'
        : result.reason === 'over_limit'
          ? 'rate_limited'
          : 'attempt_over'
    return landOn(settings, '/sign-in', { error, provider: more.provider })
  }
  if (result.status === 'needs_factor') return landOnAttempt(settings, '/code', result, more)
  const cookies = signedIn.cookies ?? {}
  // `redirectTo` was judged when it was asked for, and waited sealed.
  if (more.redirectTo === null) return landOn(settings, '/', {}, cookies)
  return { ok: true, status: 303, headers: { location: more.redirectTo }, cookies }
}
