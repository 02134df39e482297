import type { AmrEntry } from '../../assurance/assurance.ts'
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
import { passwordMethod } from './options.ts'

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
  if (!charged.ok) return { ok: false, reason: 'over_limit', subject: undefined, retryAfterSeconds: charged.retryAfterSeconds }

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
    proof: { method: passwordMethod.id, amr: passwordMethod.amr, factor: passwordMethod.factor, channel: passwordMethod.channel, at: now },
    writes: refundsOf(charges, now),
    device,
    stale: verified.needsRehash ? credential : null,
  }
}

function reject(reason: 'unknown_address' | 'no_password' | 'wrong_password' | 'blocked', subject: Subject | undefined): VerifyPasswordResult {
  return { ok: false, reason, subject, retryAfterSeconds: 0 }
}
