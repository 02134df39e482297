import type { Credential } from '../credential/credential.ts'
import type { Session } from '../session/session.ts'
import type { Aal } from './assurance.ts'
import { isSecondFactor, provesEnrolled } from './factor-policy.ts'

export type Requirement =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'aal_required' | 'fresh_required' }

const met: Requirement = { ok: true }

/**
 * Whether the session reached a level (NIST SP 800-63B-4 section 2). Where it did not, `POST /session/step-up` raises it.
 *
 * @example
 * const required = requireAal(signedIn.session, 2)
 * if (!required.ok) return problem(required.reason)
 */
export function requireAal(session: Pick<Session, 'aal'>, level: Aal): Requirement {
  return session.aal >= level ? met : { ok: false, reason: 'aal_required' }
}

/**
 * Whether the person authenticated within `withinMs` milliseconds of `now`.
 *
 * @example requireFresh(signedIn.session, { withinMs: 15 * 60_000, now: Date.now() })
 */
export function requireFresh(
  session: { readonly authenticatedAt: number | Date },
  { withinMs, now }: { readonly withinMs: number; readonly now: number },
): Requirement {
  return now - Number(session.authenticatedAt) < withinMs ? met : { ok: false, reason: 'fresh_required' }
}

/**
 * Before a credential, an address or the account itself is changed (ASVS 7.5.1, NIST SP 800-63B-4 section 4.1.2): where a second factor is enrolled, this session
 * proved one. A session of before the enrolment has to step up first.
 */
export function requireEnrolled(
  session: Pick<Session, 'aal' | 'amr'>,
  credentials: readonly Credential[],
): Requirement {
  if (session.aal >= 2 || !credentials.some(isSecondFactor) || provesEnrolled(credentials, session.amr)) return met
  return { ok: false, reason: 'aal_required' }
}
