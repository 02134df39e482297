import type { AmrEntry } from '../../assurance/assurance.ts'
import { recordRejection } from '../../audit/record-rejection.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import type { RawPassword } from '../../credential/hashing/password-hasher.ts'
import type { DeviceId } from '../../session/device.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import { chargeAttempt } from '../../sign-in/charge-attempt.ts'
import type { ContinuedAttempt } from '../../sign-in/continue-attempt.ts'
import { recordWrongFactor } from '../../sign-in/wrong-factor.ts'
import type { Subject } from '../../store/store.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey, passwordCharges, refundsOf } from '../../throttle/charges.ts'
import { refundWhenShed } from '../../throttle/refund-when-shed.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { MethodPorts } from '../method.ts'
import type { Presented } from '../route.ts'
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
  const charged = await store.charge(charges, now, email)
  if (!charged.ok) return reject('over_limit', undefined, charged.retryAfterSeconds)

  const hashing = <Result>(work: () => Promise<Result>): Promise<Result> =>
    refundWhenShed(ports, refundsOf(charges, now), work)
  const { subject } = charged
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
  | { readonly ok: true; readonly attempt: ContinuedAttempt }
  | {
      readonly ok: false
      readonly reason: 'over_limit' | 'attempt_over' | 'factor_not_accepted' | 'wrong_password'
      readonly retryAfterSeconds: number
    }

/** The password as a further factor of a pending attempt; charged against the attempt and the account's password budget. */
export async function provePassword(
  ports: MethodPorts,
  context: RequestContext,
  input: { readonly attempt: string; readonly presented: Presented; readonly password: RawPassword },
): Promise<ProvePasswordResult> {
  const { hasher } = ports
  const { attempt, presented, password } = input
  const { binding, device } = presented
  const charged = await chargeAttempt(
    ports,
    context,
    { attempt, binding, device },
    {
      factor: 'password',
      method: 'password',
      charges: (asking) => passwordCharges(ports, asking),
    },
  )
  if (!charged.ok) return charged
  const { challenge, subject, recognised, at, charges, writes } = charged
  const secret = subject?.credentials.find((candidate) => candidate.method === 'password')?.secret
  const isRight = await refundWhenShed(ports, refundsOf(charges, at), async () => {
    if (secret != null) return (await hasher.verify(password, secret, context.network)).ok
    await hasher.verifyNothing(password, context.network)
    return false
  })
  if (!isRight) {
    const user = subject?.user
    await recordWrongFactor(ports, context, { method: 'password', reason: 'wrong_password', challenge, user })
    return { ok: false, reason: 'wrong_password', retryAfterSeconds: 0 }
  }
  const proofs = [{ ...passwordProof, at }]
  return { ok: true, attempt: { challenge, factor: 'password', proofs, writes, presented, subject, recognised } }
}
