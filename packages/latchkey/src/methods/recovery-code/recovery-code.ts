import { isSecondFactor } from '../../assurance/factor-policy.ts'
import { appendEvent } from '../../audit/append-event.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { enqueueMessage } from '../../courier/enqueue-message.ts'
import { findRecoveryCode, issueRecoveryCodes } from '../../recovery/recovery-codes.ts'
import { chargeAttempt, type ChargeAttemptResult } from '../../sign-in/charge-attempt.ts'
import type { ContinuedAttempt } from '../../sign-in/continue-attempt.ts'
import { recordWrongFactor } from '../../sign-in/wrong-factor.ts'
import type { Write } from '../../store/writes.ts'
import { factorCharges } from '../../throttle/charges.ts'
import type { User } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import type { Caller, Presented } from '../route.ts'
import { fewCodes, recoveryCodeProof } from './options.ts'

export type ProveRecoveryCodeResult =
  | { readonly ok: true; readonly attempt: ContinuedAttempt }
  | Extract<ChargeAttemptResult, { readonly ok: false }>
  | { readonly ok: false; readonly reason: 'wrong_code'; readonly retryAfterSeconds: number }

/** Is this one of the person's codes? Charged first; its row is removed in the door's commit, so that of parallel callers one wins (ASVS 6.5.1). */
export async function proveRecoveryCode(
  ports: MethodPorts,
  context: RequestContext,
  { attempt, presented, code }: { readonly attempt: string; readonly presented: Presented; readonly code: string },
): Promise<ProveRecoveryCodeResult> {
  const { binding, device } = presented
  const method = 'recovery-code'
  const charged = await chargeAttempt(
    ports,
    context,
    { attempt, binding, device },
    { factor: 'recovery_code', method, charges: (asking) => factorCharges(ports, asking) },
  )
  if (!charged.ok) return charged
  const { challenge, subject, recognised, at, writes } = charged
  const found = findRecoveryCode(ports.keys, subject?.credentials ?? [], code)
  if (subject === undefined || found === undefined) {
    await recordWrongFactor(ports, context, { method, reason: 'wrong_code', challenge, user: subject?.user })
    return { ok: false, reason: 'wrong_code', retryAfterSeconds: 0 }
  }
  const left = subject.credentials.filter((credential) => credential.method === method).length - 1
  return {
    ok: true,
    attempt: {
      challenge,
      factor: 'recovery_code',
      proofs: [{ ...recoveryCodeProof, at }],
      writes: [
        ...writes,
        { kind: 'removeCredential', credentialId: found.id, userId: subject.user.id },
        ...told(subject.user, left),
      ],
      presented,
      subject,
      recognised,
    },
  }

  function told(user: User, remaining: number): readonly Write[] {
    const event = appendEvent(ports, context, { kind: 'recovery_code.used', user, data: { left: remaining } })
    if (remaining !== fewCodes && remaining !== 0) return [event]
    const { email, id: userId, locale } = user
    return [
      event,
      enqueueMessage(ports, {
        template: 'recovery-codes-low',
        to: email,
        userId,
        locale,
        data: { left: remaining },
      }),
    ]
  }
}

export type RegenerateResult =
  | { readonly ok: true; readonly recoveryCodes: readonly string[] }
  | { readonly ok: false; readonly reason: 'not_enrolled' | 'conflict' }

/** A new set; every older code is dead. Only beside a second factor, for which they stand in. */
export async function regenerateRecoveryCodes(
  ports: MethodPorts,
  context: RequestContext,
  { user, session }: Caller,
): Promise<RegenerateResult> {
  const { store, clock } = ports
  const now = clock.now()
  const credentials = (await store.findSubject(user.id))?.credentials ?? []
  if (!credentials.some(isSecondFactor)) return { ok: false, reason: 'not_enrolled' }
  const [old] = credentials.filter(({ method }) => method === 'recovery-code')
  const issued = issueRecoveryCodes(ports, user.id)
  const committed = await store.commit(
    [
      // The guard: of two parallel renewals one wins. Without a code to guard by they wait for each other, and the last set stands.
      old === undefined
        ? { kind: 'updateProfile', userId: user.id }
        : { kind: 'removeCredential', credentialId: old.id, userId: user.id },
      ...issued.writes,
      enqueueMessage(ports, {
        template: 'recovery-codes-regenerated',
        to: user.email,
        userId: user.id,
        locale: user.locale,
        data: { ip: context.ip, userAgent: context.userAgent, at: now },
      }),
      appendEvent(ports, context, {
        kind: 'recovery_codes.issued',
        user,
        sessionId: session.id,
        data: { count: issued.codes.length },
      }),
    ],
    now,
  )
  return committed.ok ? { ok: true, recoveryCodes: issued.codes } : { ok: false, reason: 'conflict' }
}
