import type { AmrEntry } from '../../assurance/assurance.ts'
import { recordRejection } from '../../audit/record-rejection.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import { openChallengeData } from '../../challenge/challenge-data.ts'
import { findOwner } from '../../challenge/find-owner.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import type { RawPassword } from '../../credential/hashing/password-hasher.ts'
import type { DeviceId } from '../../session/device.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import type { Subject } from '../../store/store.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey, passwordCharges, refundsOf } from '../../throttle/charges.ts'
import { refundWhenShed } from '../../throttle/refund-when-shed.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { MethodPorts } from '../method.ts'
import { passwordProof } from './options.ts'

export type VerifyPasswordResult =
  | {
      readonly ok: true
      readonly subject: Subject
      readonly proof: AmrEntry
      /** Gives the charges back, so that limits count failures; for the commit of what the password was for. */
      readonly writes: readonly Write[]
      readonly device: DeviceId | null
      /** The credential whose hash is weaker than today's policy. */
      readonly stale: Credential | null
    }
  | {
      readonly ok: false
      readonly reason: 'over_limit' | 'unknown_address' | 'no_password' | 'wrong_password' | 'blocked'
      readonly retryAfterSeconds: number
    }

/**
 * Is this the password of that address? The same statements and the same hash are spent whether or not the address is known
 * (design rule 8): recognise the device, charge, read, hash.
 */
export async function verifyPassword(
  ports: MethodPorts,
  context: RequestContext,
  input: { readonly email: EmailAddress; readonly password: RawPassword; readonly device: string | undefined },
): Promise<VerifyPasswordResult> {
  const { store, clock, hasher } = ports
  const { email, password } = input
  const now = clock.now()
  const account = accountKey(ports, email)
  const device = await recogniseDevice(ports, { presented: input.device, account })
  const charges = passwordCharges(ports, { account, network: context.network, device })
  // Charge before anything secret is read: a crash or a race must never yield a free guess.
  const charged = await store.charge(charges, now)
  if (!charged.ok) return reject('over_limit', undefined, charged.retryAfterSeconds)

  const hashing = <Result>(work: () => Promise<Result>): Promise<Result> =>
    refundWhenShed(ports, { charges, at: now }, work)
  const subject = await store.findSubjectByEmail(email)
  const credential = subject?.credentials.find((candidate) => candidate.method === 'password')
  if (subject === undefined || credential?.secret == null) {
    await hashing(() => hasher.verifyNothing(password, context.network))
    return reject(subject === undefined ? 'unknown_address' : 'no_password', subject)
  }
  const { secret } = credential
  const verified = await hashing(() => hasher.verify(password, secret, context.network))
  if (!verified.ok) return reject('wrong_password', subject)
  // Judged after the hash: a blocked account must not answer faster than a wrong password.
  if (subject.user.blockedAt !== null) return reject('blocked', subject)
  return {
    ok: true,
    subject,
    proof: { ...passwordProof, at: now },
    writes: refundsOf(charges, now),
    device,
    stale: verified.needsRehash ? credential : null,
  }

  async function reject(
    reason: Extract<VerifyPasswordResult, { readonly ok: false }>['reason'],
    known: Subject | undefined,
    retryAfterSeconds = 0,
  ): Promise<VerifyPasswordResult> {
    await recordRejection(ports, context, { method: 'password', reason, user: known?.user, email })
    return { ok: false, reason, retryAfterSeconds }
  }
}

export type ProvePasswordResult =
  | {
      readonly ok: true
      readonly challenge: Challenge
      readonly factor: 'password'
      readonly proof: AmrEntry
      readonly writes: readonly Write[]
    }
  | {
      readonly ok: false
      readonly reason: 'over_limit' | 'attempt_over' | 'factor_not_accepted' | 'wrong_password'
      readonly retryAfterSeconds: number
    }

/** The password as a further factor of a pending sign-in; charged against the attempt and the account's password budget. */
export async function provePassword(
  ports: MethodPorts,
  context: RequestContext,
  input: {
    readonly attempt: string
    readonly binding: string | undefined
    readonly device: string | undefined
    readonly password: RawPassword
  },
): Promise<ProvePasswordResult> {
  const { store, clock, keys, hasher } = ports
  const now = clock.now()
  const handle = parseHandle(keys, input.attempt)
  if (handle === undefined) return reject('attempt_over', null)
  const { account } = handle
  const device = await recogniseDevice(ports, { presented: input.device, account })
  const charges = [
    attemptCharge(keys, handle, { binding: input.binding, purposes: ['sign-in'] }),
    ...passwordCharges(ports, { account, network: context.network, device }),
  ]
  const charged = await store.charge(charges, now)
  if (!charged.ok && charged.lost.reason === 'over_limit') return reject('over_limit', null, charged.retryAfterSeconds)
  const challenge = charged.ok ? charged.challenge : null
  if (challenge === null) return reject('attempt_over', null)
  // Before the hash: anybody can begin an attempt by mail, and it must not tell whether a password is right.
  if (!openChallengeData(keys, 'sign-in', challenge).factors.includes('password'))
    return reject('factor_not_accepted', challenge)

  const hashing = <Result>(work: () => Promise<Result>): Promise<Result> =>
    refundWhenShed(ports, { charges, at: now }, work)
  const subject = challenge.userId === null ? undefined : await store.findSubject(challenge.userId)
  const secret = subject?.credentials.find((candidate) => candidate.method === 'password')?.secret
  if (secret == null) {
    await hashing(() => hasher.verifyNothing(input.password, context.network))
    return reject('wrong_password', challenge)
  }
  const verified = await hashing(() => hasher.verify(input.password, secret, context.network))
  if (!verified.ok) return reject('wrong_password', challenge)
  return {
    ok: true,
    challenge,
    factor: 'password',
    proof: { ...passwordProof, at: now },
    writes: [{ kind: 'consumeChallenge', challengeId: challenge.id }, ...refundsOf(charges, now)],
  }

  async function reject(
    reason: Extract<ProvePasswordResult, { readonly ok: false }>['reason'],
    of: Challenge | null,
    retryAfterSeconds = 0,
  ): Promise<ProvePasswordResult> {
    const user = of === null ? undefined : await findOwner(ports, of)
    await recordRejection(ports, context, { method: 'password', reason, user })
    return { ok: false, reason, retryAfterSeconds }
  }
}
