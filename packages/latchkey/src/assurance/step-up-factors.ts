import type { FactorName } from '../challenge/challenge-data.ts'
import type { Credential } from '../credential/credential.ts'
import type { Session } from '../session/session.ts'
import { enrolledFactors, provesEnrolled } from './factor-policy.ts'

/**
 * By what a session can be raised or made fresh, decided in one place. Whoever enrolled a second factor gives it; a session that proved one and is still at
 * AAL1 lacks what one knows. Without a second factor it is the password, without a password a passkey, without either the mailed code.
 */
export function stepUpFactors(
  session: Pick<Session, 'aal' | 'amr'>,
  credentials: readonly Credential[],
): readonly FactorName[] {
  const confirmed = credentials.filter(({ confirmedAt }) => confirmedAt !== null)
  const has = (method: Credential['method']): boolean => confirmed.some((credential) => credential.method === method)
  const enrolled = enrolledFactors(confirmed)
  if (enrolled.length > 0) {
    const lacksKnowledge = session.aal < 2 && provesEnrolled(confirmed, session.amr) && has('password')
    return lacksKnowledge ? ['password'] : enrolled
  }
  const own: readonly FactorName[] = [
    ...(has('password') ? (['password'] as const) : []),
    ...(has('passkey') ? (['passkey'] as const) : []),
  ]
  return own.length > 0 ? own : ['email_code']
}
