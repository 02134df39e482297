import { appendEvent } from '../audit/append-event.ts'
import type { Challenge } from '../challenge/challenge.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { accountKey, mailCharges } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import { openAttempt } from './pending-attempt.ts'

/**
 * A factor of a pending attempt was wrong. One event; and where that was the last try of an attempt that a right first proof, or a session, had opened,
 * the owner is told in the same commit: somebody has the first half (OWASP Multifactor, "Failed Login Attempts"). The charge that takes the last try
 * has one caller, so there is one mail an attempt, within the mail budget of the address.
 */
export async function recordWrongFactor(
  core: Core,
  context: RequestContext,
  wrong: {
    readonly method: string
    readonly reason: string
    /** As the charge left it. */
    readonly challenge: Challenge
    readonly user: User | undefined
  },
): Promise<void> {
  const { store, clock } = core
  const { method, reason, challenge, user } = wrong
  const now = clock.now()
  const owner = user !== undefined && isLastTry(core, challenge) && (await mayMail(user)) ? user : undefined
  await store.commit(
    [
      appendEvent(core, context, { kind: 'login.failure', user, data: { method, reason } }),
      ...(owner === undefined
        ? []
        : [
            enqueueMessage(core, {
              template: 'too-many-failures',
              to: owner.email,
              userId: owner.id,
              locale: owner.locale,
              data: { ip: context.ip, userAgent: context.userAgent, at: now },
            }),
          ]),
    ],
    now,
  )

  async function mayMail({ email }: User): Promise<boolean> {
    const { network } = context
    const charges = mailCharges(core, { account: accountKey(core, email), network, device: null })
    return (await store.charge(charges, now)).ok
  }
}

function isLastTry({ keys }: Pick<Core, 'keys'>, challenge: Challenge): boolean {
  if (challenge.attempts < challenge.maxAttempts) return false
  const attempt = openAttempt(keys, challenge)
  return attempt?.purpose === 'step-up' || (attempt?.purpose === 'sign-in' && attempt.proofs.length > 0)
}
