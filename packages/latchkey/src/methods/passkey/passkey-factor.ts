import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import { parsePasskeyData, passkeyUsage } from '../../credential/passkey-data.ts'
import { brand } from '../../platform/brand.ts'
import { chargeAttempt } from '../../sign-in/charge-attempt.ts'
import { continueAttempt } from '../../sign-in/continue-attempt.ts'
import { findAttempt } from '../../sign-in/find-attempt.ts'
import type { PendingAttempt } from '../../sign-in/pending-attempt.ts'
import type { SignInResult } from '../../sign-in/sign-in-result.ts'
import type { UserId } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import type { Presented } from '../route.ts'
import { ceremonyTtlMs, type RelyingParty } from './options.ts'
import type { StartPasskeyResult } from './passkey.ts'
import { passkeyIdentifier, provePasskey, refusePasskey, type RefusedPasskey } from './prove-passkey.ts'
import { beginCeremony, openTicket } from './ticket.ts'
import { requestOptions } from './webauthn/options.ts'
import type { AuthenticationResponse } from './webauthn/responses.ts'

/**
 * What may answer for an attempt. After another proof, the passkeys that are second factors. As the first proof, where the account is to be proved before
 * an identity is bound to it, those that sign in by themselves, whole: with PIN or biometric. So does whoever has none but such and raises a session.
 */
function passkeysFor(
  pending: PendingAttempt,
  credentials: readonly Credential[],
): { readonly passkeys: readonly Credential[]; readonly userVerification: boolean } {
  const passkeys = credentials.filter(({ method, confirmedAt }) => method === 'passkey' && confirmedAt !== null)
  const factors = passkeys.filter((credential) => passkeyUsage(credential) !== 'primary')
  if (pending.purpose === 'sign-in' && pending.proofs.length === 0)
    return { passkeys: passkeys.filter((credential) => passkeyUsage(credential) !== 'factor'), userVerification: true }
  if (factors.length > 0 || pending.purpose === 'sign-in') return { passkeys: factors, userVerification: false }
  return { passkeys, userVerification: true }
}

/** Options for one person's passkeys, after a first proof or for a session that is to be raised. Takes none of the attempt's tries. */
export async function startPasskeyFactor(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: { readonly attempt: string; readonly binding: string | undefined },
): Promise<StartPasskeyResult> {
  const found = await findAttempt(ports, input)
  if (found === undefined) return refusePasskey(ports, context, 'attempt_over')
  const { challenge: attempt, pending, account } = found
  const subject = await ports.store.findSubject(attempt.userId ?? brand<UserId>(ports.ids.next()))
  if (subject === undefined || !pending.factors.includes('passkey'))
    return refusePasskey(ports, context, 'factor_not_accepted', { user: subject?.user })
  const begun = await beginCeremony(ports, context, {
    purpose: 'passkey-sign-in',
    userId: subject.user.id,
    account,
    // The attempt is bound to the browser, and the ticket to the attempt.
    mode: 'token',
    data: { mode: 'token', attempt: { challengeId: attempt.id, userId: subject.user.id } },
  })
  if (!begun.ok) return refusePasskey(ports, context, begun.reason, { ...begun, user: subject.user })
  const { passkeys, userVerification } = passkeysFor(pending, subject.credentials)
  const options = requestOptions({
    rpId: party.rpId,
    challenge: begun.challenge,
    timeoutMs: ceremonyTtlMs,
    allow: passkeys.map((credential) => {
      const { credentialId: id, transports } = parsePasskeyData(credential)
      return { id, transports }
    }),
    userVerification: userVerification ? 'required' : 'preferred',
  })
  return { ok: true, options, ticket: begun.ticket, binding: null }
}

/** A passkey of the very person whose attempt it is, for the ticket that this attempt was given. */
export async function finishPasskeyFactor(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: {
    readonly attempt: string
    readonly ticket: string
    readonly response: AuthenticationResponse
    readonly presented: Presented
  },
): Promise<SignInResult | RefusedPasskey> {
  const { attempt, ticket, response, presented } = input
  const { binding, device } = presented
  const charged = await chargeAttempt(
    ports,
    context,
    { attempt, binding, device },
    // A signature cannot be guessed: the tries of the attempt and of the ticket are bound enough.
    { factor: 'passkey', method: 'passkey', charges: () => [] },
  )
  if (!charged.ok) return charged
  const { challenge, subject, recognised } = charged
  const user = subject?.user
  const opened = await openTicket(ports, { ticket, binding, purpose: 'passkey-sign-in' })
  if (!opened.ok) return refusePasskey(ports, context, opened.reason, { user })
  if (opened.data.attempt?.challengeId !== challenge.id || opened.data.attempt.userId !== user?.id)
    return refusePasskey(ports, context, 'ticket_over', { user })
  const identifier = passkeyIdentifier(response.id) ?? ''
  const { passkeys, userVerification } = passkeysFor(charged.pending, subject?.credentials ?? [])
  const credential = passkeys.find((one) => one.identifier === identifier)
  // WebAuthn L3 section 7.2 step 5: it was not among those that were asked for.
  if (credential === undefined)
    return refusePasskey(ports, context, await whyNotAsked(ports, { identifier, user }), { user })
  const proved = provePasskey(ports, credential, {
    response,
    handleRequired: false,
    expected: {
      challenge: opened.data.challenge,
      rpId: party.rpId,
      origins: party.origins,
      embeddedIn: null,
      userVerification,
    },
  })
  if (!proved.ok) return refusePasskey(ports, context, proved.reason, { user })
  return continueAttempt(ports, context, {
    challenge,
    factor: 'passkey',
    proofs: proved.proofs,
    writes: [...charged.writes, opened.spend, ...proved.writes],
    presented,
    subject,
    recognised,
  })
}

async function whyNotAsked(
  { store }: Pick<MethodPorts, 'store'>,
  { identifier, user }: { readonly identifier: string; readonly user: { readonly id: UserId } | undefined },
): Promise<'unknown_credential' | 'wrong_user' | 'wrong_usage'> {
  const found = await store.findCredential('passkey', identifier)
  if (found === undefined) return 'unknown_credential'
  return found.user.id === user?.id ? 'wrong_usage' : 'wrong_user'
}
