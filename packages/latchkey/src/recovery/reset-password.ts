import { appendEvent } from '../audit/append-event.ts'
import { mayRecordRefusal } from '../audit/record-rejection.ts'
import type { CodeRejection } from '../challenge/verify-code.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { PasswordHasher, RawPassword } from '../credential/hashing/password-hasher.ts'
import { newPasswordCredential } from '../credential/password-credential.ts'
import type { PasswordPolicy } from '../credential/password-policy.ts'
import type { PasswordRejection } from '../credential/policy/check-password.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { Write } from '../store/writes.ts'
import { refundWhenShed } from '../throttle/refund-when-shed.ts'
import type { User } from '../user/user.ts'
import { redeemReset, type PresentedReset } from './redeem-reset.ts'

export type ResetPasswordResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'attempt_over' | 'wrong_code' }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }
  | { readonly ok: false; readonly reason: 'password_rejected'; readonly rejection: PasswordRejection }

/**
 * Sets the password with the token or the code of the mail: ends every session, known device and pending attempt, signs nobody in and walks around no
 * second factor (OWASP Forgot Password; ASVS 6.4.3, 7.4.3). A refused password leaves token and code good for another of their tries.
 */
export async function resetPassword(
  core: Core & { readonly hasher: PasswordHasher; readonly passwordPolicy: PasswordPolicy },
  context: RequestContext,
  { presented, password }: { readonly presented: PresentedReset; readonly password: RawPassword },
): Promise<ResetPasswordResult> {
  const { store, clock, hasher, passwordPolicy } = core
  const now = clock.now()
  const redeemed = await redeemReset(core, context, presented)
  if (!redeemed.ok) return refuse(redeemed.reason, undefined, redeemed.retryAfterSeconds)
  const { challenge, email, writes } = redeemed
  const user = challenge.userId === null ? undefined : await store.findUser(challenge.userId)
  // A blocked or renamed account has no use for the mail any more.
  if (user === undefined || user.blockedAt !== null || user.email !== email) return refuse('spent', user)

  // The code was right: what stood before it is given back, whatever becomes of the password.
  const refunds = writes.filter(({ kind }) => kind === 'refundBudget')
  const rejection = await passwordPolicy.check(password, email)
  if (rejection !== undefined) {
    await store.commit(
      [...refunds, appendEvent(core, context, { kind: 'password.reset_failed', user, data: { reason: rejection } })],
      now,
    )
    return { ok: false, reason: 'password_rejected', rejection }
  }
  const hash = await refundWhenShed(core, refunds, () => hasher.hash(password, context.network))
  const proof: readonly Write[] =
    user.emailVerifiedAt === null
      ? [
          // The first proof of the address: what a stranger may have bound before goes (pre-hijacking, design rule 4).
          { kind: 'verifyEmail', userId: user.id, email },
          { kind: 'removeCredentials', userId: user.id, methods: ['totp', 'recovery-code', 'passkey', 'oauth'] },
        ]
      : []
  const committed = await store.commit(
    [
      ...writes,
      { kind: 'putCredential', credential: newPasswordCredential(core, user.id, hash) },
      ...proof,
      ...endingWrites(user, null, 'password_reset'),
      enqueueMessage(core, {
        template: 'password-changed',
        to: email,
        userId: user.id,
        locale: user.locale,
        data: { ip: context.ip, userAgent: context.userAgent, at: now },
      }),
      appendEvent(core, context, { kind: 'password.reset', user }),
    ],
    now,
  )
  return committed.ok ? { ok: true } : refuse('spent', user)

  async function refuse(
    inside: CodeRejection,
    of: User | undefined,
    retryAfterSeconds = 0,
  ): Promise<ResetPasswordResult> {
    const reason = publicReasons[inside]
    if (await mayRecordRefusal(core, context, reason))
      await store.commit(
        [appendEvent(core, context, { kind: 'password.reset_failed', user: of, data: { reason } })],
        clock.now(),
      )
    return reason === 'over_limit' ? { ok: false, reason, retryAfterSeconds } : { ok: false, reason }
  }
}

const publicReasons: { readonly [Reason in CodeRejection]: 'attempt_over' | 'wrong_code' | 'over_limit' } = {
  over_limit: 'over_limit',
  unknown: 'attempt_over',
  expired: 'attempt_over',
  spent: 'attempt_over',
  no_attempts_left: 'attempt_over',
  wrong_code: 'wrong_code',
  code_expired: 'wrong_code',
}
