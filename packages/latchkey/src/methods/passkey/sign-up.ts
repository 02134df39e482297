import { appendEvent } from '../../audit/append-event.ts'
import { mayRecordRefusal } from '../../audit/record-rejection.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { brand } from '../../platform/brand.ts'
import type { SessionMode } from '../../session/session.ts'
import { startSignUp, type StartSignUpResult } from '../../sign-up/start-sign-up.ts'
import { accountKey } from '../../throttle/charges.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { UserId } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import { newPasskey } from './new-passkey.ts'
import { ceremonyTtlMs, offeredAlgorithms, passkeyProofs, type RelyingParty } from './options.ts'
import {
  expectationOf,
  mintUserHandle,
  type RefusedRegistration,
  type StartRegistrationResult,
} from './registration.ts'
import { beginCeremony, openTicket } from './ticket.ts'
import { creationOptions } from './webauthn/options.ts'
import type { RegistrationResponse } from './webauthn/responses.ts'
import { verifyRegistration } from './webauthn/verify-registration.ts'

/** Registration with a passkey in place of a password. Nobody is looked up here: every address gets the same options. */
export async function startPasskeySignUp(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: {
    readonly email: EmailAddress
    readonly name: string | null
    readonly locale: string | null
    readonly mode: SessionMode
    readonly binding: string | undefined
  },
): Promise<StartRegistrationResult> {
  const { email, name, locale, mode } = input
  const userHandle = mintUserHandle(ports)
  const userId = brand<UserId>(ports.ids.next())
  const begun = await beginCeremony(ports, context, {
    purpose: 'passkey-sign-up',
    userId: null,
    account: accountKey(ports, email),
    mode,
    heldBinding: input.binding,
    data: { email, mode, name, locale, userId, userHandle },
  })
  if (!begun.ok) return refuseSignUp(ports, context, begun.reason, { email, ...begun })
  const options = creationOptions({
    rp: { id: party.rpId, name: ports.settings.appName },
    user: { id: userHandle, name: email, displayName: name ?? email },
    challenge: begun.challenge,
    algorithms: offeredAlgorithms,
    timeoutMs: ceremonyTtlMs,
    exclude: [],
    // Nothing else will sign this person in.
    alone: true,
    attestation: party.trustedRoots === null ? 'none' : 'direct',
  })
  return { ok: true, options, ticket: begun.ticket, binding: begun.binding }
}

/**
 * The passkey waits with the registration for the proof of the address. It is `primary`: a second factor that came without recovery codes would
 * lock out whoever loses it (docs/decisions/0009).
 */
export async function finishPasskeySignUp(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: { readonly ticket: string; readonly response: RegistrationResponse; readonly binding: string | undefined },
): Promise<StartSignUpResult | RefusedRegistration> {
  const { clock } = ports
  const opened = await openTicket(ports, { ...input, purpose: 'passkey-sign-up' })
  if (!opened.ok) return refuseSignUp(ports, context, opened.reason)
  const { email, name, locale, mode, userId, userHandle, challenge } = opened.data
  const verified = verifyRegistration(input.response, {
    ...expectationOf(party, challenge),
    userVerification: true,
    now: clock.now(),
  })
  if (!verified.ok) return refuseSignUp(ports, context, verified.reason, { email })
  const passkey = newPasskey(ports, userId, verified.credential, { name: undefined, usage: 'primary', userHandle })
  return startSignUp(ports, context, {
    email,
    password: null,
    name,
    locale,
    mode,
    bound: {
      userId,
      credentials: [passkey],
      proofs: passkeyProofs(verified.credential.userVerified, clock.now()),
      writes: [opened.spend],
    },
  })
}

async function refuseSignUp(
  ports: MethodPorts,
  context: RequestContext,
  reason: RefusedRegistration['reason'],
  { email, retryAfterSeconds = 0 }: { readonly email?: EmailAddress; readonly retryAfterSeconds?: number } = {},
): Promise<RefusedRegistration> {
  if (await mayRecordRefusal(ports, context, reason)) {
    const given = email === undefined ? {} : { email }
    const event = { kind: 'sign_up.refused', data: { method: 'passkey', reason }, ...given } as const
    await ports.store.commit([appendEvent(ports, context, event)], ports.clock.now())
  }
  return { ok: false, reason, retryAfterSeconds }
}
