import { appendEvent } from '../audit/append-event.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { PasswordHasher, RawPassword } from '../credential/hashing/password-hasher.ts'
import type { PasswordPolicy } from '../credential/password-policy.ts'
import type { PasswordRejection } from '../credential/policy/check-password.ts'
import { reveal } from '../platform/redacted.ts'
import { equal } from '../secrets/equal.ts'
import { recogniseDevice, rememberDevice } from '../session/known-device.ts'
import { renewSession } from '../session/renew-session.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import type { SessionSecrets } from '../session/session-secrets.ts'
import type { Session } from '../session/session.ts'
import { accountKey, passwordCharges, refundsOf } from '../throttle/charges.ts'
import { refundWhenShed } from '../throttle/refund-when-shed.ts'
import type { User } from '../user/user.ts'

export type ChangePasswordResult =
  /** The session goes on under new `secrets`. `device`: the browser that changed it stays known; all others are forgotten. */
  | { readonly ok: true; readonly session: Session; readonly secrets: SessionSecrets; readonly device: string }
  | { readonly ok: false; readonly reason: 'wrong_password' | 'no_password' | 'conflict' }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }
  | { readonly ok: false; readonly reason: 'password_rejected'; readonly rejection: PasswordRejection | 'unchanged' }

/**
 * Changes the password of a signed-in person who knows it; every other session, known device and pending attempt ends. The session that asks
 * goes on as freshly authenticated and under new secrets, so that whoever copied its cookie or refresh token is out as well.
 */
export async function changePassword(
  core: Core & { readonly hasher: PasswordHasher; readonly passwordPolicy: PasswordPolicy },
  context: RequestContext,
  input: {
    readonly user: User
    readonly session: Session
    /** The device cookie as it came. */
    readonly device: string | undefined
    readonly current: RawPassword
    readonly next: RawPassword
  },
): Promise<ChangePasswordResult> {
  const { store, clock, hasher, passwordPolicy } = core
  const { user, session, current, next } = input
  const now = clock.now()
  const account = accountKey(core, user.email)
  const known = await recogniseDevice(core, { presented: input.device, account })
  const charges = passwordCharges(core, { account, network: context.network, device: known })
  const charged = await store.charge(charges, now)
  if (!charged.ok) {
    await fail('over_limit')
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  const subject = await store.findSubject(user.id)
  const credential = subject?.credentials.find((candidate) => candidate.method === 'password')
  if (credential?.secret == null) return fail('no_password')
  const { secret } = credential
  const hashing = <Result>(work: () => Promise<Result>): Promise<Result> =>
    refundWhenShed(core, refundsOf(charges, now), work)
  if (!(await hashing(() => hasher.verify(current, secret, context.network))).ok) return fail('wrong_password')
  const rejection = equal(reveal(current.secret), reveal(next.secret))
    ? 'unchanged'
    : await passwordPolicy.check(next, user.email)
  if (rejection !== undefined) {
    await fail(rejection)
    return { ok: false, reason: 'password_rejected', rejection }
  }
  const hash = await hashing(() => hasher.hash(next, context.network))
  const device = rememberDevice(core, user.id)
  const proof = { method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: now } as const
  const renewed = renewSession(core, session, [proof])
  const committed = await store.commit(
    [
      { kind: 'replaceCredentialSecret', credentialId: credential.id, from: secret, to: hash },
      ...endingWrites(user, session.id, 'password_changed'),
      renewed.write,
      device.write,
      ...refundsOf(charges, now),
      enqueueMessage(core, {
        template: 'password-changed',
        to: user.email,
        userId: user.id,
        locale: user.locale,
        data: { ip: context.ip, userAgent: context.userAgent, at: now },
      }),
      appendEvent(core, context, { kind: 'password.changed', user, sessionId: session.id }),
    ],
    now,
  )
  if (!committed.ok) return fail('conflict')
  return { ok: true, session: renewed.session, secrets: renewed.secrets, device: device.token }

  async function fail<Reason extends string>(reason: Reason): Promise<{ readonly ok: false; readonly reason: Reason }> {
    await store.commit(
      [appendEvent(core, context, { kind: 'password.change_failed', user, sessionId: session.id, data: { reason } })],
      clock.now(),
    )
    return { ok: false, reason }
  }
}
