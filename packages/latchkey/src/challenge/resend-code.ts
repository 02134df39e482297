import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { AnyMessage } from '../courier/message-data.ts'
import type { MessageTemplate } from '../courier/message.ts'
import { minuteMs } from '../platform/clock.ts'
import { toBase64Url } from '../platform/bytes.ts'
import { equal } from '../secrets/equal.ts'
import { mailCharges } from '../throttle/charges.ts'
import type { ChallengePurpose } from './challenge.ts'
import { openChallengeData } from './challenge-data.ts'
import { bindingDigest, parseHandle } from './handle.ts'
import { mintCode } from './issue-challenge.ts'

export type ResendCodeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'attempt_over' | 'over_limit'; readonly retryAfterSeconds: number }

const resendable = ['sign-in', 'sign-up', 'email-verify'] as const satisfies readonly ChallengePurpose[]

/** A new code in place of the old one, by mail. Attempts and every budget stay as they are: a resend buys no guess. */
export async function resendCode(
  core: Core,
  context: RequestContext,
  { attempt, binding }: { readonly attempt: string; readonly binding: string | undefined },
): Promise<ResendCodeResult> {
  const { store, clock, keys, random, settings } = core
  const over: ResendCodeResult = { ok: false, reason: 'attempt_over', retryAfterSeconds: 0 }
  const handle = parseHandle(keys, attempt)
  if (handle === undefined) return over
  const now = clock.now()
  const challenge = await store.findChallenge(handle.challengeId)
  if (challenge === undefined || !equal(challenge.handleDigest, handle.digest)) return over
  if (challenge.bindingDigest !== null && !equal(challenge.bindingDigest, bindingDigest(keys, binding) ?? ''))
    return over
  if (challenge.consumedAt !== null || challenge.expiresAt <= now || challenge.codeDigest === null) return over
  const purpose = resendable.find((known) => known === challenge.purpose)
  if (purpose === undefined) return over

  const charged = await store.charge(mailCharges(core, { account: handle.account, network: context.network }), now)
  if (!charged.ok) return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }

  const { email, template } = openChallengeData(keys, purpose, challenge)
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
        notAfter: codeExpiresAt,
      }),
      appendEvent(core, context, { kind: 'login.code_resent', data: { purpose }, email }),
    ],
    now,
  )
  return committed.ok ? { ok: true } : over
}

/** Mails that stand in for a code where there is none to send. */
const decoyTemplates: ReadonlySet<MessageTemplate> = new Set(['sign-up-known', 'no-account', 'account-blocked'])

/** The mail for a challenge whose code is sent, or the one that stands in for it. */
export function codeMessage(
  template: MessageTemplate,
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
      return { template, data }
    case 'new-device-code':
      return { template, data: { ...data, ip: context.ip, userAgent: context.userAgent, at: now } }
    case 'sign-up-known':
    case 'no-account':
    case 'account-blocked':
      return { template, data: {} }
    case 'password-reset':
    case 'password-changed':
    case 'new-sign-in':
    case 'refresh-replayed':
    case 'too-many-failures':
      throw new TypeError(`${template} carries no code`)
  }
}
