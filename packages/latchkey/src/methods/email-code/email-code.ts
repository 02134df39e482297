import type { AmrEntry } from '../../assurance/assurance.ts'
import { appendEvent } from '../../audit/append-event.ts'
import { recordRejection } from '../../audit/record-rejection.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import { findOwner } from '../../challenge/find-owner.ts'
import { codeMessage } from '../../challenge/resend-code.ts'
import { verifyCode, type CodeRejection } from '../../challenge/verify-code.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { enqueueMessage } from '../../courier/enqueue-message.ts'
import { recogniseDevice, type Recognised } from '../../session/known-device.ts'
import type { SessionMode } from '../../session/session.ts'
import { attemptPurposes } from '../../sign-in/pending-attempt.ts'
import type { SignInRejection, SignInResult } from '../../sign-in/sign-in-result.ts'
import { recordWrongFactor } from '../../sign-in/wrong-factor.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey, mailCharges } from '../../throttle/charges.ts'
import { maskEmailAddress, type EmailAddress } from '../../user/email-address.ts'
import { emailCodeProof } from './options.ts'

/**
 * Mails a code. A known, an unknown and a blocked address get the same answer after the same statements: a row that no code opens stands for
 * the latter two, and the mail says why there is no code (design rule 8).
 */
export async function startEmailCode(
  core: Core,
  context: RequestContext,
  input: { readonly email: EmailAddress; readonly mode: SessionMode; readonly device: string | undefined },
): Promise<SignInResult> {
  const { store, clock, settings } = core
  const { email, mode } = input
  const now = clock.now()
  const account = accountKey(core, email)
  const device = await recogniseDevice(core, { presented: input.device, account })
  const charged = await store.charge(mailCharges(core, { account, network: context.network, device }), now)
  if (!charged.ok) {
    await recordRejection(core, context, { method: 'email-code', reason: 'over_limit', email })
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const user = await store.findUserByEmail(email)
  const isOpen = user !== undefined && user.blockedAt === null
  const template = isOpen ? 'sign-in-code' : user === undefined ? 'no-account' : 'account-blocked'
  const issued = issueChallenge(core, {
    purpose: 'sign-in',
    userId: isOpen ? user.id : null,
    account,
    mode,
    ttlMs: settings.attemptTtlMs,
    code: isOpen ? 'real' : 'decoy',
    data: { email, mode, proofs: [], factors: ['email_code'], epoch: user?.epoch ?? 0, template },
  })
  await store.commit(
    [
      issued.write,
      enqueueMessage(core, {
        ...codeMessage(template, { code: issued.code ?? '', settings, context, now }),
        to: email,
        userId: user?.id ?? null,
        locale: user?.locale ?? null,
        notAfter: now + settings.code.ttlMs,
      }),
      appendEvent(core, context, { kind: 'login.code_requested', user, data: { template }, email }),
    ],
    now,
  )
  return {
    ok: true,
    status: 'needs_factor',
    attempt: issued.handle,
    binding: issued.binding,
    bindingTtlMs: settings.attemptTtlMs,
    factors: ['email_code'],
    sentTo: maskEmailAddress(email),
  }
}

export type FinishEmailCodeResult =
  | {
      readonly ok: true
      readonly challenge: Challenge
      readonly factor: 'email_code'
      readonly proof: AmrEntry
      readonly recognised: Recognised
      readonly writes: readonly Write[]
    }
  | {
      readonly ok: false
      readonly reason: SignInRejection
      readonly retryAfterSeconds: number
    }

/** Is this the code of that attempt? Serves sign-ins and registrations; each other purpose has a route of its own. */
export async function finishEmailCode(
  core: Core,
  context: RequestContext,
  input: {
    readonly attempt: string
    readonly binding: string | undefined
    readonly device: string | undefined
    readonly code: string
  },
): Promise<FinishEmailCodeResult> {
  const verified = await verifyCode(core, {
    ...input,
    purposes: ['sign-up', ...attemptPurposes],
    network: context.network,
  })
  if (!verified.ok) {
    const { challenge, reason, retryAfterSeconds } = verified
    const user = challenge === null ? undefined : await findOwner(core, challenge)
    const rejection = { method: 'email-code', reason, user }
    if (challenge === null) await recordRejection(core, context, rejection)
    else await recordWrongFactor(core, context, { ...rejection, challenge })
    return { ok: false, reason: publicReasons[reason], retryAfterSeconds }
  }
  return {
    ok: true,
    challenge: verified.challenge,
    factor: 'email_code',
    proof: { ...emailCodeProof, at: core.clock.now() },
    recognised: verified.recognised,
    writes: verified.writes,
  }
}

const publicReasons: { readonly [Reason in CodeRejection]: SignInRejection } = {
  over_limit: 'over_limit',
  unknown: 'attempt_over',
  expired: 'attempt_over',
  spent: 'attempt_over',
  no_attempts_left: 'attempt_over',
  wrong_code: 'wrong_code',
  code_expired: 'code_expired',
}
