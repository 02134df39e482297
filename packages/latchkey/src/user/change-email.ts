import { appendEvent } from '../audit/append-event.ts'
import { mayRecordRefusal } from '../audit/record-rejection.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { codeMessage } from '../challenge/resend-code.ts'
import { verifyCode, type CodeRejection } from '../challenge/verify-code.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import { hourMs } from '../platform/clock.ts'
import { rememberDevice } from '../session/known-device.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { Session } from '../session/session.ts'
import { accountKey, mailCharges } from '../throttle/charges.ts'
import { maskEmailAddress, type EmailAddress } from './email-address.ts'
import type { User } from './user.ts'

export type RequestEmailChangeResult =
  | { readonly ok: true; readonly attempt: string; readonly binding: string | null }
  | { readonly ok: false; readonly reason: 'unchanged' }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }

/**
 * Mails a code to the address that is to be the new one. An address that somebody has gets the same row with a code that nothing matches, after
 * the same statements, and a mail that says so. Codes are counted against the new address, so that many accounts together guess no more of them
 * than one. The newest request ends the older ones.
 */
export async function requestEmailChange(
  core: Core,
  context: RequestContext,
  { user, session, email }: { readonly user: User; readonly session: Session; readonly email: EmailAddress },
): Promise<RequestEmailChangeResult> {
  const { store, clock, settings } = core
  if (email === user.email) return { ok: false, reason: 'unchanged' }
  const now = clock.now()
  const account = accountKey(core, email)
  const charged = await store.charge(mailCharges(core, { account, network: context.network, device: null }), now)
  if (!charged.ok) {
    await recordFailure(core, context, { user, session }, 'over_limit')
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const known = await store.findUserByEmail(email)
  const template = known === undefined ? 'email-change-code' : 'email-change-known'
  const issued = issueChallenge(core, {
    purpose: 'email-change',
    userId: user.id,
    account,
    mode: session.mode,
    ttlMs: settings.attemptTtlMs,
    code: known === undefined ? 'real' : 'decoy',
    data: { userId: user.id, sessionId: session.id, from: user.email, email, template },
  })
  await store.commit(
    [
      { kind: 'cancelChallenges', userId: user.id, purposes: ['email-change'] },
      issued.write,
      enqueueMessage(core, {
        ...codeMessage(template, { code: issued.code ?? '', settings, context, now }),
        to: email,
        userId: user.id,
        locale: user.locale,
        notAfter: now + settings.code.ttlMs,
      }),
      // Its owner reads this event: it must not say whether somebody has the address.
      appendEvent(core, context, { kind: 'email.change_requested', user, sessionId: session.id, email }),
    ],
    now,
  )
  return { ok: true, attempt: issued.handle, binding: issued.binding }
}

export type ConfirmEmailChangeResult =
  /** `device`: the browser that changed it stays known; all others are forgotten. */
  | { readonly ok: true; readonly user: User; readonly device: string }
  | {
      readonly ok: false
      readonly reason: 'wrong_code' | 'attempt_over' | 'over_limit' | 'conflict'
      readonly retryAfterSeconds: number
    }

/**
 * The code proves the new address, in the session that asked. Every other session ends: whoever got in by the old mailbox is out. The old address is
 * told, with a link that undoes it; codes and links that were mailed to it open nothing any more. Somebody who took the address meanwhile has proved
 * it as well: that is a conflict, told to nobody but the reader of the same mailbox.
 */
export async function confirmEmailChange(
  core: Core,
  context: RequestContext,
  input: {
    readonly user: User
    readonly session: Session
    readonly attempt: string
    readonly binding: string | undefined
    readonly code: string
  },
): Promise<ConfirmEmailChangeResult> {
  const { store, clock, keys, settings } = core
  const { user, session } = input
  const presented = { ...input, device: undefined, network: context.network }
  const verified = await verifyCode(core, { ...presented, purposes: ['email-change'] })
  if (!verified.ok) return reject(verified.reason, verified.retryAfterSeconds)
  const data = openChallengeData(keys, 'email-change', verified.challenge)
  const isTheirs = data.userId === user.id && data.sessionId === session.id && data.from === user.email
  if (!isTheirs) return reject('unknown')
  const { from, email } = data
  const now = clock.now()
  const undo = issueChallenge(core, {
    purpose: 'email-change-undo',
    userId: user.id,
    account: accountKey(core, from),
    // Opened from a mail, maybe in another browser: the link alone carries it.
    mode: 'token',
    ttlMs: settings.emailUndoTtlMs,
    code: 'none',
    data: { userId: user.id, from, email },
  })
  const device = rememberDevice(core, user.id)
  const { ip, userAgent } = context
  const mailed = { userId: user.id, locale: user.locale }
  const committed = await store.commit(
    [
      ...verified.writes,
      { kind: 'changeEmail', userId: user.id, from, to: email },
      ...endingWrites(user, session.id, 'email_changed'),
      undo.write,
      device.write,
      enqueueMessage(core, {
        ...mailed,
        template: 'email-changed',
        to: from,
        data: {
          ip,
          userAgent,
          at: now,
          newAddress: maskEmailAddress(email),
          undoLink: `${settings.pagesPath}/email/undo#token=${undo.handle}`,
          undoWithinHours: Math.floor(settings.emailUndoTtlMs / hourMs),
        },
        notAfter: now + settings.emailUndoTtlMs,
      }),
      enqueueMessage(core, { ...mailed, template: 'email-welcome', to: email, data: { ip, userAgent, at: now } }),
      appendEvent(core, context, { kind: 'email.changed', user, sessionId: session.id, email }),
    ],
    now,
  )
  if (!committed.ok) return reject(committed.lost.reason === 'email_taken' ? 'email_taken' : 'spent')
  return { ok: true, user: { ...user, email, emailVerifiedAt: now }, device: device.token }

  async function reject(
    reason: CodeRejection | 'email_taken',
    retryAfterSeconds = 0,
  ): Promise<ConfirmEmailChangeResult> {
    await recordFailure(core, context, { user, session }, reason)
    return { ok: false, reason: publicReasons[reason], retryAfterSeconds }
  }
}

async function recordFailure(
  core: Core,
  context: RequestContext,
  { user, session }: { readonly user: User; readonly session: Session },
  reason: string,
): Promise<void> {
  if (!(await mayRecordRefusal(core, context, reason))) return
  await core.store.commit(
    [appendEvent(core, context, { kind: 'email.change_failed', user, sessionId: session.id, data: { reason } })],
    core.clock.now(),
  )
}

const publicReasons: {
  readonly [Reason in CodeRejection | 'email_taken']: Extract<
    ConfirmEmailChangeResult,
    { readonly ok: false }
  >['reason']
} = {
  email_taken: 'conflict',
  over_limit: 'over_limit',
  unknown: 'attempt_over',
  expired: 'attempt_over',
  spent: 'attempt_over',
  no_attempts_left: 'attempt_over',
  wrong_code: 'wrong_code',
  code_expired: 'wrong_code',
}
