import { appendEvent } from '../../audit/append-event.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { CredentialId } from '../../credential/credential.ts'
import { brand } from '../../platform/brand.ts'
import { accountKey, ceremonyCharges } from '../../throttle/charges.ts'
import type { MethodPorts } from '../method.ts'
import type { Caller } from '../route.ts'
import { toBase32 } from './base32.ts'
import { keyUri } from './key-uri.ts'
import { secretBytes, type TotpOptions } from './options.ts'
import { sealSecret } from './secret-at-rest.ts'

export type StartEnrolmentResult =
  | {
      readonly ok: true
      /** Handle of the pending enrolment. */
      readonly factorId: string
      /** Base 32, shown this once. */
      readonly secret: string
      readonly uri: string
    }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }

/** Shows a fresh secret. Nothing is enrolled until a code of it comes back in the same session; an enrolment that was begun before is over. */
export async function startEnrolment(
  ports: MethodPorts,
  { issuer, encrypter }: TotpOptions,
  context: RequestContext,
  { user, session }: Caller,
): Promise<StartEnrolmentResult> {
  const { store, clock, ids, random, settings } = ports
  const now = clock.now()
  const charged = await store.charge(ceremonyCharges(ports, context), now)
  if (!charged.ok) return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  const credentialId = brand<CredentialId>(ids.next())
  const secret = toBase32(random.bytes(secretBytes))
  const sealed = await sealSecret(ports, encrypter, credentialId, secret)
  const pending = issueChallenge(ports, {
    purpose: 'totp-enrolment',
    userId: user.id,
    account: accountKey(ports, user.email),
    // The session that begins it is its binding; a cookie of its own would only be in the way of another attempt's.
    mode: 'token',
    ttlMs: settings.attemptTtlMs,
    code: 'none',
    data: { userId: user.id, sessionId: session.id, credentialId, ...sealed },
  })
  await store.commit(
    [
      { kind: 'cancelChallenges', userId: user.id, purposes: ['totp-enrolment'] },
      pending.write,
      appendEvent(ports, context, { kind: 'totp.enrolment_started', user, sessionId: session.id }),
    ],
    now,
  )
  const uri = keyUri({ issuer: issuer ?? settings.appName, accountName: user.email, secret })
  return { ok: true, factorId: pending.handle, secret, uri }
}
