import { appendEvent } from '../audit/append-event.ts'
import { mayRecordRefusal } from '../audit/record-rejection.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../challenge/handle.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { PasswordHasher, RawPassword } from '../credential/hashing/password-hasher.ts'
import { newPasswordCredential } from '../credential/password-credential.ts'
import type { PasswordPolicy } from '../credential/password-policy.ts'
import type { PasswordRejection } from '../credential/policy/check-password.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { Write } from '../store/writes.ts'
import type { User } from '../user/user.ts'

export type ResetPasswordResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'attempt_over' }
  | { readonly ok: false; readonly reason: 'password_rejected'; readonly rejection: PasswordRejection }

/**
 * Sets the password with the token of the mail: ends every session, known device and pending attempt, signs nobody in and walks around no
 * second factor (OWASP Forgot Password; ASVS 6.4.3, 7.4.3). A refused password leaves the token good for another try. The token is 256
 * random bits behind five tries: no budget of the account stands before it, so that nobody's wrong codes close this way to its owner.
 */
export async function resetPassword(
  core: Core & { readonly hasher: PasswordHasher; readonly passwordPolicy: PasswordPolicy },
  context: RequestContext,
  { token, password }: { readonly token: string; readonly password: RawPassword },
): Promise<ResetPasswordResult> {
  const { store, clock, keys, hasher, passwordPolicy } = core
  const now = clock.now()
  const handle = parseHandle(keys, token)
  if (handle === undefined) return refuse(core, context, undefined)
  const charged = await store.charge(
    [attemptCharge(keys, handle, { binding: undefined, purposes: ['password-reset'] })],
    now,
  )
  const challenge = charged.ok ? charged.challenge : null
  if (challenge?.userId == null) return refuse(core, context, undefined)
  const { email } = openChallengeData(keys, 'password-reset', challenge)
  const user = await store.findUser(challenge.userId)
  // A blocked or renamed account has no use for the link any more.
  if (user === undefined || user.blockedAt !== null || user.email !== email) return refuse(core, context, user)

  const rejection = await passwordPolicy.check(password, email)
  if (rejection !== undefined) {
    await store.commit(
      [appendEvent(core, context, { kind: 'password.reset_failed', user, data: { reason: rejection } })],
      now,
    )
    return { ok: false, reason: 'password_rejected', rejection }
  }
  const hash = await hasher.hash(password, context.network)
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
      { kind: 'consumeChallenge', challengeId: challenge.id },
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
  return committed.ok ? { ok: true } : refuse(core, context, user)
}

async function refuse(
  core: Core,
  context: RequestContext,
  user: User | undefined,
): Promise<{ readonly ok: false; readonly reason: 'attempt_over' }> {
  if (!(await mayRecordRefusal(core, context, 'attempt_over'))) return { ok: false, reason: 'attempt_over' }
  await core.store.commit(
    [appendEvent(core, context, { kind: 'password.reset_failed', user, data: { reason: 'attempt_over' } })],
    core.clock.now(),
  )
  return { ok: false, reason: 'attempt_over' }
}
