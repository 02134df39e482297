import type { AmrEntry } from '../assurance/assurance.ts'
import { appendEvent } from '../audit/append-event.ts'
import { mayRecordRefusal } from '../audit/record-rejection.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import { codeMessage } from '../challenge/resend-code.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { Credential } from '../credential/credential.ts'
import type { PasswordHasher, RawPassword } from '../credential/hashing/password-hasher.ts'
import { newPasswordCredential } from '../credential/password-credential.ts'
import type { PasswordPolicy } from '../credential/password-policy.ts'
import type { PasswordRejection } from '../credential/policy/check-password.ts'
import { brand } from '../platform/brand.ts'
import type { SessionMode } from '../session/session.ts'
import type { NeedsFactor } from '../sign-in/sign-in-result.ts'
import type { Write } from '../store/writes.ts'
import { accountKey, refundsOf, signUpCharges } from '../throttle/charges.ts'
import { refundWhenShed } from '../throttle/refund-when-shed.ts'
import { maskEmailAddress, type EmailAddress } from '../user/email-address.ts'
import type { UserId } from '../user/user.ts'

export interface SignUpPorts extends Core {
  readonly hasher: PasswordHasher
  readonly passwordPolicy: PasswordPolicy
}

export interface Registration {
  readonly email: EmailAddress
  readonly password: RawPassword | null
  readonly name: string | null
  readonly locale: string | null
  readonly mode: SessionMode
  /** What is already proved to belong to the person, and will be bound to the user: a passkey, an identity. */
  readonly bound?: {
    readonly userId: UserId
    readonly credentials: readonly Credential[]
    readonly proofs: readonly AmrEntry[]
    /** What spends it. */
    readonly writes: readonly Write[]
  }
  /** An administrator link that stands behind the registration: its roles, and the write that spends it. */
  readonly invitation?: { readonly roles: readonly string[]; readonly writes: readonly Write[] }
}

export type StartSignUpResult =
  | NeedsFactor
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }
  | { readonly ok: false; readonly reason: 'invitation_over' | 'password_required' }
  | { readonly ok: false; readonly reason: 'password_rejected'; readonly rejection: PasswordRejection }

/**
 * A registration is a challenge (design rule 4): nothing exists before the address is proved. A known address gets the same row with a code
 * that nothing matches, after the same hash and the same statements, and a mail that says that the account exists.
 */
export async function startSignUp(
  core: SignUpPorts,
  context: RequestContext,
  input: Registration,
): Promise<StartSignUpResult> {
  const { store, clock, settings, hasher, passwordPolicy } = core
  const { email, password, mode } = input
  const now = clock.now()
  const account = accountKey(core, email)
  const charges = signUpCharges(core, { account, network: context.network })
  const charged = await store.charge(charges, now)
  if (!charged.ok) {
    await recordRefusal('over_limit')
    return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  }
  // Where everybody gives two proofs, the mailed code alone would never open a session.
  if (password === null && input.bound === undefined && settings.secondFactor.policy === 'always') {
    await recordRefusal('password_required')
    return { ok: false, reason: 'password_required' }
  }
  const rejection = password === null ? undefined : await passwordPolicy.check(password, email)
  if (rejection !== undefined) {
    await recordRefusal(rejection)
    return { ok: false, reason: 'password_rejected', rejection }
  }
  const passwordHash =
    password === null
      ? null
      : await refundWhenShed(core, refundsOf(charges, now), () => hasher.hash(password, context.network))
  const userId = input.bound?.userId ?? brand<UserId>(core.ids.next())
  const known = await store.findUserByEmail(email)
  const template = known === undefined ? 'sign-up-code' : 'sign-up-known'
  const issued = issueChallenge(core, {
    purpose: 'sign-up',
    userId: null,
    account,
    mode,
    ttlMs: settings.registrationTtlMs,
    code: known === undefined ? 'real' : 'decoy',
    data: {
      email,
      mode,
      userId,
      credentials: [
        ...(passwordHash === null ? [] : [newPasswordCredential(core, userId, passwordHash)]),
        ...(input.bound?.credentials ?? []),
      ],
      // The handle that registers chose the password: it is typed in this very attempt.
      proofs: [
        ...(passwordHash === null
          ? []
          : [{ method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: now } as const]),
        ...(input.bound?.proofs ?? []),
      ],
      name: input.name,
      locale: input.locale,
      roles: input.invitation?.roles ?? [],
      template,
    },
  })
  const committed = await store.commit(
    [
      ...(input.invitation?.writes ?? []),
      ...(input.bound?.writes ?? []),
      issued.write,
      enqueueMessage(core, {
        ...codeMessage(template, { code: issued.code ?? '', settings, context, now }),
        to: email,
        userId: known?.id ?? null,
        locale: input.locale,
        notAfter: now + settings.code.ttlMs,
      }),
      appendEvent(core, context, {
        kind: known === undefined ? 'sign_up.started' : 'sign_up.known_address',
        user: known,
        email,
      }),
    ],
    now,
  )
  if (!committed.ok) {
    await recordRefusal('invitation_over')
    return { ok: false, reason: 'invitation_over' }
  }
  return {
    ok: true,
    status: 'needs_factor',
    attempt: issued.handle,
    binding: issued.binding,
    bindingTtlMs: settings.registrationTtlMs,
    factors: ['email_code'],
    sentTo: maskEmailAddress(email),
  }

  async function recordRefusal(reason: string): Promise<void> {
    if (!(await mayRecordRefusal(core, context, reason))) return
    await store.commit([appendEvent(core, context, { kind: 'sign_up.refused', data: { reason }, email })], clock.now())
  }
}
