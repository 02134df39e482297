import type { AmrEntry } from '../assurance/assurance.ts'
import { appendEvent } from '../audit/append-event.ts'
import type { Challenge } from '../challenge/challenge.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { completeSignIn } from '../sign-in/complete-sign-in.ts'
import type { SignInResult } from '../sign-in/sign-in-result.ts'
import type { Write } from '../store/writes.ts'
import { newUser } from '../user/new-user.ts'

export interface ProvedRegistration {
  /** A charged challenge of purpose `sign-up` whose code was right. */
  readonly challenge: Challenge
  readonly proof: AmrEntry
  /** What spends it. */
  readonly writes: readonly Write[]
}

/**
 * The address is proved: user, credential, spent challenge, event and session are one commit. Of two registrations of one address the first
 * proof wins; the other's attempt is over.
 */
export async function finishSignUp(
  core: Core,
  context: RequestContext,
  proved: ProvedRegistration,
): Promise<SignInResult> {
  const data = openChallengeData(core.keys, 'sign-up', proved.challenge)
  const user = newUser(core, {
    id: data.userId,
    email: data.email,
    name: data.name,
    locale: data.locale,
    roles: data.roles,
    verified: true,
  })
  return completeSignIn(core, context, {
    user,
    credentials: data.credentials,
    proofs: [...data.proofs, proved.proof],
    writes: [
      { kind: 'createUser', user },
      ...data.credentials.map((credential) => ({ kind: 'addCredential', credential }) as const),
      ...proved.writes,
      appendEvent(core, context, { kind: 'user.created', user, data: { by: 'sign-up' } }),
    ],
    epoch: user.epoch,
    mode: data.mode,
    device: null,
    occasion: 'sign-up',
  })
}
