import { appendEvent } from '../audit/append-event.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { codeMessage } from '../challenge/resend-code.ts'
import { verifyCode, type CodeRejection } from '../challenge/verify-code.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { recogniseDevice } from '../session/known-device.ts'
import type { SessionMode } from '../session/session.ts'
import { accountKey, mailCharges } from '../throttle/charges.ts'
import type { User } from './user.ts'

export type RequestVerificationResult =
  | { readonly ok: true; readonly attempt: string; readonly binding: string | null }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }

/** Mails a code that proves the address of a signed-in person; for users whose address was never proved. */
export async function requestVerification(
  core: Core,
  context: RequestContext,
  input: { readonly user: User; readonly mode: SessionMode; readonly device: string | undefined },
): Promise<RequestVerificationResult> {
  const { store, clock, settings } = core
  const { user, mode } = input
  const now = clock.now()
  const account = accountKey(core, user.email)
  const device = await recogniseDevice(core, { presented: input.device, account })
  const charged = await store.charge(mailCharges(core, { account, network: context.network, device }), now)
  if (!charged.ok) {
    await recordRejection(core, context, { method: 'email-verify', reason: 'over_limit', user })
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const issued = issueChallenge(core, {
    purpose: 'email-verify',
    userId: user.id,
    account,
    mode,
    ttlMs: settings.attemptTtlMs,
    code: 'real',
    data: { email: user.email, template: 'email-verify-code' },
  })
  await store.commit(
    [
      issued.write,
      enqueueMessage(core, {
        ...codeMessage('email-verify-code', { code: issued.code ?? '', settings, context, now }),
        to: user.email,
        userId: user.id,
        locale: user.locale,
        notAfter: now + settings.code.ttlMs,
      }),
      appendEvent(core, context, { kind: 'email.verify_requested', user }),
    ],
    now,
  )
  return { ok: true, attempt: issued.handle, binding: issued.binding }
}

export type VerifyEmailResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly reason: 'wrong_code' | 'attempt_over' | 'over_limit'
      readonly retryAfterSeconds: number
    }

/** The code must belong to the very person who presents it. */
export async function verifyEmail(
  core: Core,
  context: RequestContext,
  input: {
    readonly user: User
    readonly attempt: string
    readonly binding: string | undefined
    readonly device: string | undefined
    readonly code: string
  },
): Promise<VerifyEmailResult> {
  const { user } = input
  const verified = await verifyCode(core, { ...input, purposes: ['email-verify'], network: context.network })
  if (!verified.ok) return reject(verified.reason, verified.retryAfterSeconds)
  const { email } = openChallengeData(core.keys, 'email-verify', verified.challenge)
  if (verified.challenge.userId !== user.id || email !== user.email) return reject('unknown')
  const committed = await core.store.commit(
    [
      ...verified.writes,
      { kind: 'verifyEmail', userId: user.id, email },
      appendEvent(core, context, { kind: 'email.verified', user }),
    ],
    core.clock.now(),
  )
  return committed.ok ? { ok: true } : reject('spent')

  async function reject(reason: CodeRejection, retryAfterSeconds = 0): Promise<VerifyEmailResult> {
    await recordRejection(core, context, { method: 'email-verify', reason, user })
    return { ok: false, reason: publicReasons[reason], retryAfterSeconds }
  }
}

const publicReasons: {
  readonly [Reason in CodeRejection]: Extract<VerifyEmailResult, { readonly ok: false }>['reason']
} = {
  over_limit: 'over_limit',
  unknown: 'attempt_over',
  expired: 'attempt_over',
  spent: 'attempt_over',
  no_attempts_left: 'attempt_over',
  wrong_code: 'wrong_code',
  code_expired: 'wrong_code',
}
