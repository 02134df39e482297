import { stepUpFactors } from '../assurance/step-up-factors.ts'
import { appendEvent } from '../audit/append-event.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { recogniseDevice } from '../session/known-device.ts'
import type { Session } from '../session/session.ts'
import { accountKey, ceremonyCharges, mailCharges } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import { mailedCode, needsFactor } from './needs-factor.ts'
import type { SignInResult } from './sign-in-result.ts'

/**
 * A signed-in person authenticates again: by what raises the session, or makes it fresh. The attempt is bound to the session; the factor routes finish it, and
 * the session goes on under new secrets.
 */
export async function startStepUp(
  core: Core,
  context: RequestContext,
  input: {
    readonly user: User
    readonly session: Session
    /** The device cookie as it came. */
    readonly device: string | undefined
  },
): Promise<SignInResult> {
  const { store, clock, settings } = core
  const { user, session } = input
  const now = clock.now()
  const account = accountKey(core, user.email)
  const subject = await store.findSubject(user.id)
  if (subject === undefined) return { ok: false, reason: 'attempt_over', retryAfterSeconds: 0 }
  const factors = stepUpFactors(session, subject.credentials)
  const mailed = factors.includes('email_code')
  const device = mailed ? await recogniseDevice(core, { presented: input.device, account }) : null
  // Each leaves a row, also where no mail goes out.
  const charges = mailed
    ? mailCharges(core, { account, network: context.network, device })
    : ceremonyCharges(core, context)
  const charged = await store.charge(charges, now)
  if (!charged.ok) {
    await recordRejection(core, context, { method: 'step-up', reason: 'over_limit', user })
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const template = 'sign-in-code'
  const issued = issueChallenge(core, {
    purpose: 'step-up',
    userId: user.id,
    account,
    mode: session.mode,
    ttlMs: settings.attemptTtlMs,
    code: mailed ? 'real' : 'none',
    data: { email: user.email, sessionId: session.id, factors, epoch: user.epoch, template },
  })
  await store.commit(
    [
      issued.write,
      ...mailedCode(core, context, { issued, template, user }),
      appendEvent(core, context, {
        kind: 'session.step_up_started',
        user,
        sessionId: session.id,
        data: { factors: factors.join(' ') },
      }),
    ],
    now,
  )
  return needsFactor(core, { issued, factors, user })
}
