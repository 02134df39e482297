import { appendEvent } from '../audit/append-event.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { nobodyOf } from '../challenge/nobody.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { MessageData } from '../courier/message-data.ts'
import type { SessionMode } from '../session/session.ts'
import { minuteMs } from '../platform/clock.ts'
import { accountKey, resetCharges } from '../throttle/charges.ts'
import type { EmailAddress } from '../user/email-address.ts'

export type RequestResetResult =
  /** `attempt` goes back with the code of the mail; `binding` is for the cookie of the browser that asked, `null` in token mode. */
  | { readonly ok: true; readonly attempt: string; readonly binding: string | null }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }

/**
 * Mails a link that sets a new password, and a code that does it where it was asked for. Known, unknown and blocked addresses cost the same statements and get the same answer; a newer
 * request ends the older links. The link opens a page and changes nothing by itself; its token stands behind `#`, which no server sees.
 */
export async function requestReset(
  core: Core,
  context: RequestContext,
  input: {
    readonly email: EmailAddress
    readonly mode: SessionMode
    /** Who asks on behalf of the person, who then gets the link alone. */
    readonly actorId?: string
  },
): Promise<RequestResetResult> {
  const { store, clock, settings } = core
  const { email, mode, actorId } = input
  const now = clock.now()
  const account = accountKey(core, email)
  const charged = await store.charge(resetCharges(core, { account, network: context.network }), now)
  if (!charged.ok) {
    await recordRejection(core, context, { method: 'password-reset', reason: 'over_limit', email })
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const user = await store.findUserByEmail(email)
  const isOpen = user !== undefined && user.blockedAt === null
  const userId = isOpen ? user.id : nobodyOf(core, account)
  const link = issueChallenge(core, {
    purpose: 'password-reset',
    userId,
    account,
    // Opened from a mail, maybe in another browser: the link alone carries it.
    mode: 'token',
    ttlMs: settings.resetTtlMs,
    code: 'none',
    data: { email },
  })
  const typed = issueChallenge(core, {
    purpose: 'password-reset-code',
    userId,
    account,
    mode,
    ttlMs: settings.resetTtlMs,
    code: isOpen && actorId === undefined ? 'real' : 'decoy',
    data: { email },
  })
  await store.commit(
    [
      { kind: 'cancelChallenges', userId, purposes: ['password-reset', 'password-reset-code'] },
      link.write,
      typed.write,
      enqueueMessage(core, {
        ...(isOpen
          ? { template: 'password-reset', data: mailData(core, { token: link.handle, code: typed.code }) }
          : user === undefined
            ? { template: 'no-account', data: {} }
            : { template: 'account-blocked', data: {} }),
        to: email,
        userId: user?.id ?? null,
        locale: user?.locale ?? null,
        notAfter: now + settings.resetTtlMs,
      }),
      appendEvent(core, context, {
        kind: 'password.reset_requested',
        user,
        email,
        ...(actorId === undefined ? {} : { actorId }),
      }),
    ],
    now,
  )
  return { ok: true, attempt: typed.handle, binding: typed.binding }
}

function mailData(
  { settings }: Pick<Core, 'settings'>,
  { token, code }: { readonly token: string; readonly code: string | null },
): MessageData['password-reset'] {
  return {
    link: `${settings.pagesPath}/reset/confirm#token=${token}`,
    expiresInMinutes: Math.round(settings.resetTtlMs / minuteMs),
    code: code === null ? null : { code, expiresInMinutes: Math.round(settings.code.ttlMs / minuteMs) },
  }
}
