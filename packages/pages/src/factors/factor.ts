import type { Failure, SignInResult } from '@latchkey/browser'
import type { PendingAttempt } from '../pending-attempt.ts'

/** A factor asks for one proof and hands the answer up; what is left for its own form to show comes back. */
export interface FactorProps {
  readonly pending: PendingAttempt
  readonly onResult: (result: SignInResult) => Failure | undefined
}
