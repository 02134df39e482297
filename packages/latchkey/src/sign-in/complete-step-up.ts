import { methodsOf, type AmrEntry } from '../assurance/assurance.ts'
import { appendEvent } from '../audit/append-event.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { Credential } from '../credential/credential.ts'
import { stoppedReset } from '../recovery/pending-reset.ts'
import { checkSession, type SessionPorts } from '../session/check-session.ts'
import { renewSession } from '../session/renew-session.ts'
import type { SessionId } from '../session/session.ts'
import type { Write } from '../store/writes.ts'
import type { User } from '../user/user.ts'
import type { SignInResult } from './sign-in-result.ts'

/**
 * The session that began the step-up, and that the caller presents again, goes on raised, fresh and under new secrets: whoever copied the old ones is out
 * (ASVS 7.2.4). Proof, spent attempt and session are one commit.
 */
export async function completeStepUp(
  core: Core & SessionPorts,
  context: RequestContext,
  stepUp: {
    readonly user: User
    readonly credentials: readonly Credential[]
    readonly sessionId: SessionId
    readonly proofs: readonly AmrEntry[]
    readonly writes: readonly Write[]
    readonly presented: { readonly sessionToken: string | undefined; readonly accessToken: string | undefined }
  },
): Promise<SignInResult> {
  const { sessionId, credentials, proofs, writes } = stepUp
  const checked = await checkSession(core, stepUp.presented)
  // Another session, even of the same person, must not be raised by a proof that was given for this one.
  if (!checked.ok || checked.session.id !== sessionId) return reject()
  const { user, session } = checked
  const renewed = renewSession(core, session, proofs)
  const committed = await core.store.commit(
    [
      ...writes,
      ...(await stoppedReset(core, context, { user, credentials, proofs })),
      renewed.write,
      { kind: 'appendChange', userId: user.id, sessionId },
      appendEvent(core, context, {
        kind: 'session.stepped_up',
        user,
        sessionId,
        data: { methods: methodsOf(proofs), aal: renewed.session.aal },
      }),
    ],
    core.clock.now(),
  )
  if (!committed.ok) return reject()
  return {
    ok: true,
    status: 'signed_in',
    user,
    session: renewed.session,
    secrets: renewed.secrets,
    device: null,
  }

  async function reject(): Promise<SignInResult> {
    await recordRejection(core, context, { method: 'step-up', reason: 'attempt_over', user: stepUp.user })
    return { ok: false, reason: 'attempt_over', retryAfterSeconds: 0 }
  }
}
