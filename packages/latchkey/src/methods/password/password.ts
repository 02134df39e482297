import type { AmrEntry } from '../../assurance/assurance.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import type { RawPassword } from '../../credential/hashing/password-hasher.ts'
import type { DeviceId } from '../../session/device.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import type { Subject } from '../../store/store.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey, passwordCharges, refundsOf } from '../../throttle/charges.ts'
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
      /** For the audit log alone. */
      readonly subject: Subject | undefined
      readonly retryAfterSeconds: number
    }

type Ports = Pick<MethodPorts, 'store' | 'clock' | 'keys' | 'settings' | 'hasher'>

/**
 * Is this the password of that address? The same statements and the same hash are spent whether or not the address is known
 * (design rule 8): recognise the device, charge, read, hash.
 */
export async function verifyPassword(
  ports: Ports,
  context: RequestContext,
  input: { readonly email: EmailAddress; readonly password: RawPassword; readonly device: string | undefined },
): Promise<VerifyPasswordResult> {
  const { store, clock, hasher } = ports
  const now = clock.now()
  const device = await recogniseDevice(ports, { presented: input.device, email: input.email })
  const charges = passwordCharges(ports, { account: accountKey(ports, input.email), network: context.network, device })
  // Charge before anything secret is read: a crash or a race must never yield a free guess.
  const charged = await store.charge(charges, now)
  if (!charged.ok)
    return { ok: false, reason: 'over_limit', subject: undefined, retryAfterSeconds: charged.retryAfterSeconds }

  const subject = await store.findSubjectByEmail(input.email)
  const credential = subject?.credentials.find((candidate) => candidate.method === 'password')
  if (subject === undefined || credential?.secret == null) {
    await hasher.verifyNothing(input.password, context.network)
    return reject(subject === undefined ? 'unknown_address' : 'no_password', subject)
  }
  const verified = await hasher.verify(input.password, credential.secret, context.network)
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
}

function reject(
  reason: 'unknown_address' | 'no_password' | 'wrong_password' | 'blocked',
  subject: Subject | undefined,
): VerifyPasswordResult {
  return { ok: false, reason, subject, retryAfterSeconds: 0 }
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
      readonly reason: 'over_limit' | 'attempt_over' | 'wrong_password'
      readonly challenge: Challenge | null
      readonly retryAfterSeconds: number
    }

/** The password as a further factor of a pending sign-in; charged against the attempt and the account's password budget. */
export async function provePassword(
  ports: Ports,
  context: RequestContext,
  input: { readonly attempt: string; readonly binding: string | undefined; readonly password: RawPassword },
): Promise<ProvePasswordResult> {
  const { store, clock, keys, hasher } = ports
  const now = clock.now()
  const over: ProvePasswordResult = { ok: false, reason: 'attempt_over', challenge: null, retryAfterSeconds: 0 }
  const handle = parseHandle(keys, input.attempt)
  if (handle === undefined) return over
  const charges = [
    attemptCharge(keys, handle, { binding: input.binding, purposes: ['sign-in'] }),
    ...passwordCharges(ports, { account: handle.account, network: context.network, device: null }),
  ]
  const charged = await store.charge(charges, now)
  if (!charged.ok) {
    return charged.lost.reason === 'over_limit'
      ? { ...over, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
      : over
  }
  const { challenge } = charged
  if (challenge === null) return over
  const subject = challenge.userId === null ? undefined : await store.findSubject(challenge.userId)
  const secret = subject?.credentials.find((candidate) => candidate.method === 'password')?.secret
  if (secret == null) {
    await hasher.verifyNothing(input.password, context.network)
    return { ...over, reason: 'wrong_password', challenge }
  }
  const verified = await hasher.verify(input.password, secret, context.network)
  if (!verified.ok) return { ...over, reason: 'wrong_password', challenge }
  return {
    ok: true,
    challenge,
    factor: 'password',
    proof: { ...passwordProof, at: now },
    writes: [{ kind: 'consumeChallenge', challengeId: challenge.id }, ...refundsOf(charges, now)],
  }
}
