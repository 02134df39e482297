import { appendEvent } from '../audit/append-event.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { AnyMessage } from '../courier/message-data.ts'
import type { CodeTemplate } from '../courier/message.ts'
import { minuteMs } from '../platform/clock.ts'
import { toBase64Url } from '../platform/bytes.ts'
import { equal } from '../secrets/equal.ts'
import { recogniseDevice } from '../session/known-device.ts'
import { mailCharges } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import type { Challenge, ChallengePurpose } from './challenge.ts'
import { openChallengeData } from './challenge-data.ts'
import { findOwner } from './find-owner.ts'
import { bindingDigest, parseHandle, type Handle } from './handle.ts'
import { mintCode } from './issue-challenge.ts'

export type ResendCodeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'attempt_over' | 'over_limit'; readonly retryAfterSeconds: number }

const resendable = [
  'sign-in',
  'sign-up',
  'step-up',
  'email-verify',
  'email-change',
] as const satisfies readonly ChallengePurpose[]

/** A new code in place of the old one, by mail. Attempts and every budget stay as they are: a resend buys no guess. */
export async function resendCode(
  core: Core,
  context: RequestContext,
  presented: { readonly attempt: string; readonly binding: string | undefined; readonly device: string | undefined },
): Promise<ResendCodeResult> {
  const { store, clock, keys, random, settings } = core
  const now = clock.now()
  const handle = parseHandle(keys, presented.attempt)
  const challenge = handle && (await store.findChallenge(handle.challengeId))
  const purpose = resendable.find((known) => known === challenge?.purpose)
  if (
    handle === undefined ||
    challenge === undefined ||
    purpose === undefined ||
    !isPresented(challenge, handle, bindingDigest(keys, presented.binding)) ||
    !isWaiting(challenge, now)
  )
    return refuse('attempt_over', undefined)

  const { account } = handle
  const owner = await findOwner(core, challenge)
  const device = await recogniseDevice(core, { presented: presented.device, account })
  const charged = await store.charge(mailCharges(core, { account, network: context.network, device }), now)
  if (!charged.ok) return refuse('over_limit', owner, charged.retryAfterSeconds)

  const { email, template, ...data } = openChallengeData(keys, purpose, challenge)
  const code = mintCode(random)
  const real = !decoyTemplates.has(template)
  const codeExpiresAt = Math.min(now + settings.code.ttlMs, challenge.expiresAt)
  const committed = await store.commit(
    [
      {
        kind: 'advanceChallenge',
        challengeId: challenge.id,
        version: challenge.version,
        userId: challenge.userId,
        codeDigest: keys.digestCode(purpose, challenge.id, real ? code : toBase64Url(random.bytes(32))),
        codeExpiresAt,
        sent: true,
        data: challenge.data,
      },
      enqueueMessage(core, {
        ...codeMessage(template, { code, settings, context, now }),
        to: email,
        userId: challenge.userId,
        locale: 'locale' in data ? data.locale : (owner?.locale ?? null),
        notAfter: codeExpiresAt,
      }),
      appendEvent(core, context, { kind: 'login.code_resent', user: owner, data: { purpose }, email }),
    ],
    now,
  )
  if (committed.ok) return { ok: true }
  // A double click: the other request has sent a code. Unless the attempt ended meanwhile, that is what was asked for.
  const changed = await store.findChallenge(challenge.id)
  return changed !== undefined && isWaiting(changed, now) ? { ok: true } : refuse('attempt_over', owner)

  async function refuse(
    reason: 'attempt_over' | 'over_limit',
    user: User | undefined,
    retryAfterSeconds = 0,
  ): Promise<ResendCodeResult> {
    await recordRejection(core, context, { method: 'email-code', reason, user })
    return { ok: false, reason, retryAfterSeconds }
  }
}

/** As the guard of an attempt's charge asks; a row that is bound accepts only its own browser. */
export function isPresented(challenge: Challenge, handle: Handle, binding: string | null): boolean {
  if (!equal(challenge.handleDigest, handle.digest)) return false
  return challenge.bindingDigest === null || equal(challenge.bindingDigest, binding ?? '')
}

/** Whether a code of it could still be given: a mail with a code that opens nothing would only confuse. */
function isWaiting({ consumedAt, expiresAt, codeDigest, attempts, maxAttempts }: Challenge, now: number): boolean {
  return consumedAt === null && expiresAt > now && codeDigest !== null && attempts < maxAttempts
}

/** Mails that stand in for a code where there is none to send. */
const decoyTemplates: ReadonlySet<CodeTemplate> = new Set([
  'sign-up-known',
  'email-change-known',
  'no-account',
  'account-blocked',
])

/** The mail for a challenge whose code is sent, or the one that stands in for it. */
export function codeMessage(
  template: CodeTemplate,
  {
    code,
    settings,
    context,
    now,
  }: {
    readonly code: string
    readonly settings: Core['settings']
    readonly context: RequestContext
    readonly now: number
  },
): AnyMessage {
  const data = { code, expiresInMinutes: Math.round(settings.code.ttlMs / minuteMs) }
  switch (template) {
    case 'sign-up-code':
    case 'sign-in-code':
    case 'email-verify-code':
    case 'email-change-code':
      return { template, data }
    case 'new-device-code':
      return { template, data: { ...data, ip: context.ip, userAgent: context.userAgent, at: now } }
    case 'sign-up-known':
    case 'email-change-known':
    case 'no-account':
    case 'account-blocked':
      return { template, data: {} }
  }
}
