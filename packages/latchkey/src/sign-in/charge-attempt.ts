import { recordRejection } from '../audit/record-rejection.ts'
import type { Challenge } from '../challenge/challenge.ts'
import type { FactorName } from '../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../challenge/handle.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { brand } from '../platform/brand.ts'
import { recogniseDevice, type Recognised } from '../session/known-device.ts'
import type { Subject } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import type { BudgetCharge, Charge } from '../throttle/budget.ts'
import { refundsOf, type Asking } from '../throttle/charges.ts'
import type { UserId } from '../user/user.ts'
import { findAttempt } from './find-attempt.ts'
import { attemptPurposes, type PendingAttempt } from './pending-attempt.ts'

/** A pending attempt as a browser or a native client presents it, unjudged. */
export interface PresentedAttempt {
  /** The handle. */
  readonly attempt: string
  readonly binding: string | undefined
  /** The device cookie as it came. */
  readonly device: string | undefined
}

export type ChargeAttemptResult =
  | {
      readonly ok: true
      readonly challenge: Challenge
      readonly pending: PendingAttempt
      /** Whose attempt it is; `undefined` for rows that stand for unknown addresses. */
      readonly subject: Subject | undefined
      readonly recognised: Recognised
      readonly charges: readonly Charge[]
      readonly at: number
      /** Spends the attempt and gives the budgets back; for the commit of what the proof is for. */
      readonly writes: readonly Write[]
    }
  | {
      readonly ok: false
      readonly reason: 'over_limit' | 'attempt_over' | 'factor_not_accepted'
      readonly retryAfterSeconds: number
    }

/**
 * Before any factor of a pending attempt is looked at: the factor must be one that it asked for, and one of its tries and the budgets are charged. A
 * crash or a race never yields a free guess, and nobody learns from an attempt that anybody can begin whether another factor is right. Which factors
 * it asks for its holder was told: so that is read first, and an attempt for a mailed code, which anybody can begin for any address, takes nothing from
 * the account's budget of another factor, nor loses a try by which it could be told from a registration. What is refused is in the audit log already.
 */
export async function chargeAttempt(
  core: Core,
  context: RequestContext,
  presented: PresentedAttempt,
  wanted: {
    readonly factor: FactorName
    /** Id of the method, for the audit log. */
    readonly method: string
    charges(asking: Asking): readonly BudgetCharge[]
  },
): Promise<ChargeAttemptResult> {
  const { store, clock, keys, ids } = core
  const at = clock.now()
  const handle = parseHandle(keys, presented.attempt)
  if (handle === undefined) return reject('attempt_over', undefined)
  const { account } = handle
  const found = await findAttempt(core, presented)
  if (found !== undefined && !found.pending.factors.includes(wanted.factor))
    return reject('factor_not_accepted', await subjectOf(found.challenge))
  const device = await recogniseDevice(core, { presented: presented.device, account })
  const charges = [
    attemptCharge(keys, handle, { binding: presented.binding, purposes: attemptPurposes }),
    ...wanted.charges({ account, network: context.network, device }),
  ]
  // Whose attempt it is comes with the charge, where the address is still that person's.
  const charged = await store.charge(charges, at, found?.pending.email)
  if (!charged.ok && charged.lost.reason === 'over_limit')
    return reject('over_limit', undefined, charged.retryAfterSeconds)
  const challenge = charged.ok ? charged.challenge : null
  if (found === undefined || !charged.ok || challenge === null) return reject('attempt_over', undefined)
  const { pending } = found
  const subject = charged.subject?.user.id === challenge.userId ? charged.subject : await subjectOf(challenge)
  const spend: Write = { kind: 'consumeChallenge', challengeId: challenge.id }
  const recognised = { account, device }
  return { ok: true, challenge, pending, subject, recognised, charges, at, writes: [spend, ...refundsOf(charges, at)] }

  /** Where it is nobody's, nobody is asked for: the same statements for an unknown address (design rule 8). */
  function subjectOf({ userId }: Challenge): Promise<Subject | undefined> {
    return store.findSubject(userId ?? brand<UserId>(ids.next()))
  }

  async function reject(
    reason: Extract<ChargeAttemptResult, { readonly ok: false }>['reason'],
    subject: Subject | undefined,
    retryAfterSeconds = 0,
  ): Promise<ChargeAttemptResult> {
    await recordRejection(core, context, { method: wanted.method, reason, user: subject?.user })
    return { ok: false, reason, retryAfterSeconds }
  }
}
