import type { RequestContext } from '../../core/request-context.ts'
import { parsePasskeyData } from '../../credential/passkey-data.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import type { SessionMode } from '../../session/session.ts'
import { completeSignIn } from '../../sign-in/complete-sign-in.ts'
import type { SignInResult } from '../../sign-in/sign-in-result.ts'
import { accountKey } from '../../throttle/charges.ts'
import type { MethodPorts } from '../method.ts'
import { ceremonyTtlMs, type RelyingParty } from './options.ts'
import { passkeyIdentifier, provePasskey, refusePasskey, type RefusedPasskey } from './prove-passkey.ts'
import { beginCeremony, openTicket } from './ticket.ts'
import { requestOptions, type RequestOptions } from './webauthn/options.ts'
import type { AuthenticationResponse } from './webauthn/responses.ts'

export type StartPasskeyResult =
  | {
      readonly ok: true
      readonly options: RequestOptions
      readonly ticket: string
      readonly binding: string | null
    }
  | RefusedPasskey

/** Anybody may ask, for nobody in particular: the options name no credential, so that they tell nothing about any account (WebAuthn L3 section 14.6.2). */
export async function startPasskeySignIn(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: { readonly mode: SessionMode; readonly binding: string | undefined },
): Promise<StartPasskeyResult> {
  const { mode } = input
  const begun = await beginCeremony(ports, context, {
    purpose: 'passkey-sign-in',
    userId: null,
    account: ports.keys.pseudonym('account', ''),
    mode,
    heldBinding: input.binding,
    data: { mode, attempt: null },
  })
  if (!begun.ok) return refusePasskey(ports, context, begun.reason, begun)
  const { challenge, ticket, binding } = begun
  const options = requestOptions({
    rpId: party.rpId,
    challenge,
    timeoutMs: ceremonyTtlMs,
    allow: [],
    // Alone it has to be two factors: the key, and the PIN or biometric that opens it.
    userVerification: 'required',
  })
  return { ok: true, options, ticket, binding }
}

/** The passkey says who it is and proves it; the door decides what else is needed. */
export async function finishPasskeySignIn(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: {
    readonly ticket: string
    readonly response: AuthenticationResponse
    readonly binding: string | undefined
    readonly device: string | undefined
  },
): Promise<SignInResult | RefusedPasskey> {
  const { response } = input
  const opened = await openTicket(ports, { ...input, purpose: 'passkey-sign-in' })
  if (!opened.ok) return refusePasskey(ports, context, opened.reason)
  // A ticket of a second factor is for the attempt that asked for it.
  if (opened.data.attempt !== null) return refusePasskey(ports, context, 'ticket_over')
  const found = await ports.store.findCredential('passkey', passkeyIdentifier(response.id) ?? '')
  if (found === undefined || found.credential.confirmedAt === null)
    return refusePasskey(ports, context, 'unknown_credential')
  const { user, credential, credentials } = found
  const proved = provePasskey(ports, credential, {
    response,
    handleRequired: true,
    expected: {
      challenge: opened.data.challenge,
      rpId: party.rpId,
      origins: party.origins,
      embeddedIn: null,
      userVerification: true,
    },
  })
  if (!proved.ok) return refusePasskey(ports, context, proved.reason, { user })
  if (parsePasskeyData(credential).usage === 'factor') return refusePasskey(ports, context, 'wrong_usage', { user })
  if (user.blockedAt !== null) return refusePasskey(ports, context, 'blocked', { user })
  const device = await recogniseDevice(ports, { presented: input.device, account: accountKey(ports, user.email) })
  return completeSignIn(ports, context, {
    user,
    credentials,
    proofs: proved.proofs,
    writes: [opened.spend, ...proved.writes],
    epoch: user.epoch,
    mode: opened.data.mode,
    device,
    occasion: 'sign-in',
  })
}
