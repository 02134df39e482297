import type { AmrEntry } from '../assurance/assurance.ts'
import { appendEvent } from '../audit/append-event.ts'
import type { Challenge } from '../challenge/challenge.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { newPasswordCredential } from '../credential/password-credential.ts'
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
    email: data.email,
    name: data.name,
    locale: data.locale,
    roles: data.roles,
    verified: true,
  })
  const credential = data.passwordHash === null ? null : newPasswordCredential(core, user.id, data.passwordHash)
  // The handle that registered chose the password: it was typed in this very attempt.
  const passwordProofs: readonly AmrEntry[] =
    credential === null
      ? []
      : [{ method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: proved.challenge.createdAt }]
  return completeSignIn(core, context, {
    user,
    credentials: credential === null ? [] : [credential],
    proofs: [...passwordProofs, proved.proof],
    writes: [
      { kind: 'createUser', user },
      ...(credential === null ? [] : [{ kind: 'addCredential', credential } as const]),
      ...proved.writes,
      appendEvent(core, context, { kind: 'user.created', user, data: { by: 'sign-up' } }),
    ],
    epoch: user.epoch,
    mode: data.mode,
    device: null,
    occasion: 'sign-up',
  })
}
