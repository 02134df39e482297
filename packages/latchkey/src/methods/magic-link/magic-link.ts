import type { AmrEntry } from '../../assurance/assurance.ts'
import { appendEvent } from '../../audit/append-event.ts'
import { recordRejection } from '../../audit/record-rejection.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import { openChallengeData, type MagicLinkData } from '../../challenge/challenge-data.ts'
import { findOwner } from '../../challenge/find-owner.ts'
import { bindingDigest, parseHandle } from '../../challenge/handle.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import { nobodyOf } from '../../challenge/nobody.ts'
import { verifyCode, type CodeRejection } from '../../challenge/verify-code.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { enqueueMessage } from '../../courier/enqueue-message.ts'
import type { AnyMessage } from '../../courier/message-data.ts'
import { brand } from '../../platform/brand.ts'
import { minuteMs } from '../../platform/clock.ts'
import { equal } from '../../secrets/equal.ts'
import type { DeviceId } from '../../session/device.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import type { SessionMode } from '../../session/session.ts'
import type { SignInRejection } from '../../sign-in/sign-in-result.ts'
import type { Subject } from '../../store/store.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey, linkCharges } from '../../throttle/charges.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { UserId } from '../../user/user.ts'
import { magicLinkProof } from './options.ts'

export type StartMagicLinkResult =
  /** `binding`: for the cookie of this browser, in which the link alone will do; `null` in token mode. */
  | { readonly ok: true; readonly binding: string | null }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }

/**
 * Mails a link and, for any other browser, a code. A known, an unknown and a blocked address get the same answer after the same statements
 * (design rule 8). A newer link ends the older ones. It opens a page of ours and changes nothing by itself; its token stands behind `#`, which no
 * server sees.
 */
export async function startMagicLink(
  core: Core,
  context: RequestContext,
  input: {
    readonly email: EmailAddress
    readonly mode: SessionMode
    /** Judged already: a path of our own, or an allowed address. */
    readonly redirectTo: string | null
    readonly device: string | undefined
    readonly ttlMs: number
  },
): Promise<StartMagicLinkResult> {
  const { store, clock, keys, settings } = core
  const { email, mode, redirectTo, ttlMs } = input
  const now = clock.now()
  const account = accountKey(core, email)
  const device = await recogniseDevice(core, { presented: input.device, account })
  const charged = await store.charge(linkCharges(core, { account, network: context.network, device }), now)
  if (!charged.ok) {
    await recordRejection(core, context, { method: magicLinkProof.method, reason: 'over_limit', email })
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const user = await store.findUserByEmail(email)
  const isOpen = user !== undefined && user.blockedAt === null
  const userId = isOpen ? user.id : nobodyOf(core, account)
  // The row is bound to no browser, because the link may be opened in another one; which browser asked stands in its data.
  const binding = mode === 'cookie' ? keys.mintToken('binding') : null
  const issued = issueChallenge(core, {
    purpose: 'magic-link',
    userId,
    account,
    mode: 'token',
    ttlMs,
    code: isOpen ? 'real' : 'decoy',
    codeTtlMs: ttlMs,
    data: { email, mode, epoch: user?.epoch ?? 0, browser: binding?.digest ?? null, redirectTo },
  })
  const message = linkMessage()
  await store.commit(
    [
      { kind: 'cancelChallenges', userId, purposes: ['magic-link'] },
      issued.write,
      enqueueMessage(core, {
        ...message,
        to: email,
        userId: user?.id ?? null,
        locale: user?.locale ?? null,
        notAfter: now + ttlMs,
      }),
      appendEvent(core, context, { kind: 'login.link_requested', user, data: { template: message.template }, email }),
    ],
    now,
  )
  return { ok: true, binding: binding?.token ?? null }

  function linkMessage(): AnyMessage {
    if (isOpen) {
      const link = `${settings.pagesPath}/magic-link#token=${issued.handle}`
      const data = { link, code: issued.code ?? '', expiresInMinutes: Math.round(ttlMs / minuteMs) }
      return { template: 'magic-link', data }
    }
    return { template: user === undefined ? 'no-account' : 'account-blocked', data: {} }
  }
}

export type FinishMagicLinkResult =
  | {
      readonly ok: true
      readonly subject: Subject
      readonly data: MagicLinkData
      readonly device: DeviceId | null
      readonly proof: AmrEntry
      /** Spends the link; for the commit of what follows. */
      readonly writes: readonly Write[]
    }
  | { readonly ok: false; readonly reason: SignInRejection; readonly retryAfterSeconds: number }

/**
 * Is this the link that was mailed, opened where it was asked for or by somebody who reads the mail? With the cookie of the browser that asked,
 * token and cookie are 512 random bits together, and nothing is charged: nobody's wrong codes close this way to its owner. Without it and without a code
 * nothing is charged or spent either, so that a mail scanner that follows and posts every link burns nothing. A code is one of five tries.
 */
export async function finishMagicLink(
  core: Core,
  context: RequestContext,
  input: {
    readonly token: string
    readonly code: string | undefined
    readonly binding: string | undefined
    readonly device: string | undefined
  },
): Promise<FinishMagicLinkResult> {
  const { store, clock, keys, ids } = core
  const now = clock.now()
  const handle = parseHandle(keys, input.token)
  const challenge = handle && (await store.findChallenge(handle.challengeId))
  if (challenge?.purpose !== 'magic-link' || !equal(challenge.handleDigest, handle?.digest ?? ''))
    return reject('unknown', null)
  if (challenge.consumedAt !== null) return reject('spent', challenge)
  if (challenge.expiresAt <= now) return reject('expired', challenge)

  const data = openChallengeData(keys, 'magic-link', challenge)
  const isHere = data.browser !== null && equal(data.browser, bindingDigest(keys, input.binding) ?? '')
  let spend: readonly Write[] = [{ kind: 'consumeChallenge', challengeId: challenge.id }]
  if (!isHere) {
    const { code } = input
    if (challenge.attempts >= challenge.maxAttempts) return reject('no_attempts_left', challenge)
    if (code === undefined) return reject('code_required', challenge)
    const { token: attempt, binding, device } = input
    const presented = { attempt, binding, device, code, network: context.network }
    const verified = await verifyCode(core, { ...presented, purposes: ['magic-link'] })
    if (!verified.ok) return reject(verified.reason, challenge, verified.retryAfterSeconds)
    spend = verified.writes
  }
  const subject = await store.findSubject(challenge.userId ?? brand<UserId>(ids.next()))
  // A blocked or renamed account has no use for the link any more.
  if (subject === undefined || subject.user.blockedAt !== null || subject.user.email !== data.email)
    return reject('spent', challenge)
  const account = accountKey(core, subject.user.email)
  return {
    ok: true,
    subject,
    data,
    device: await recogniseDevice(core, { presented: input.device, account }),
    proof: { ...magicLinkProof, at: now },
    writes: spend,
  }

  async function reject(
    reason: CodeRejection | 'code_required',
    of: Challenge | null,
    retryAfterSeconds = 0,
  ): Promise<FinishMagicLinkResult> {
    const user = of === null ? undefined : await findOwner(core, of)
    await recordRejection(core, context, { method: magicLinkProof.method, reason, user })
    return { ok: false, reason: publicReasons[reason], retryAfterSeconds }
  }
}

const publicReasons: { readonly [Reason in CodeRejection | 'code_required']: SignInRejection } = {
  code_required: 'code_required',
  over_limit: 'over_limit',
  unknown: 'attempt_over',
  expired: 'attempt_over',
  spent: 'attempt_over',
  no_attempts_left: 'attempt_over',
  wrong_code: 'wrong_code',
  code_expired: 'code_expired',
}
