import { isSecondFactor } from '../../assurance/factor-policy.ts'
import { appendEvent } from '../../audit/append-event.ts'
import { mayRecordRefusal } from '../../audit/record-rejection.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import { factorAdded } from '../../credential/factor-change.ts'
import { parsePasskeyData, type PasskeyUsage } from '../../credential/passkey-data.ts'
import { toBase64Url } from '../../platform/bytes.ts'
import { issueRecoveryCodes } from '../../recovery/recovery-codes.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey } from '../../throttle/charges.ts'
import type { MethodPorts } from '../method.ts'
import type { Caller } from '../route.ts'
import { newPasskey, possibleUsage } from './new-passkey.ts'
import { ceremonyTtlMs, maxPasskeys, offeredAlgorithms, type RelyingParty } from './options.ts'
import { beginCeremony, openTicket } from './ticket.ts'
import { creationOptions, type CreationOptions } from './webauthn/options.ts'
import type { RegistrationResponse } from './webauthn/responses.ts'
import {
  verifyRegistration,
  type RegistrationExpectation,
  type RegistrationRejection,
} from './webauthn/verify-registration.ts'

/** Why a registration is refused; for the audit log alone. */
type RegisterRejection = RegistrationRejection | 'ticket_over' | 'credential_exists' | 'too_many' | 'over_limit'

export interface RefusedRegistration {
  readonly ok: false
  readonly reason: RegisterRejection
  readonly retryAfterSeconds: number
}

export type StartRegistrationResult =
  | { readonly ok: true; readonly options: CreationOptions; readonly ticket: string; readonly binding: string | null }
  | RefusedRegistration

/** A signed-in person binds another passkey. The ticket belongs to this session. */
export async function startRegistration(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  caller: Caller,
): Promise<StartRegistrationResult> {
  const { user, session } = caller
  const own = (await ports.store.findSubject(user.id))?.credentials.filter(({ method }) => method === 'passkey') ?? []
  if (own.length >= maxPasskeys) return refuseRegistration(ports, context, 'too_many', { caller })
  const userHandle = own.map((credential) => parsePasskeyData(credential).userHandle)[0] ?? mintUserHandle(ports)
  const begun = await beginCeremony(ports, context, {
    purpose: 'passkey-registration',
    userId: user.id,
    account: accountKey(ports, user.email),
    // The session binds it.
    mode: 'token',
    data: { userId: user.id, sessionId: session.id, userHandle },
  })
  if (!begun.ok) return refuseRegistration(ports, context, begun.reason, { ...begun, caller })
  const options = creationOptions({
    rp: { id: party.rpId, name: ports.settings.appName },
    user: { id: userHandle, name: user.email, displayName: user.name ?? user.email },
    challenge: begun.challenge,
    algorithms: offeredAlgorithms,
    timeoutMs: ceremonyTtlMs,
    exclude: own.map((credential) => {
      const { credentialId: id, transports } = parsePasskeyData(credential)
      return { id, transports }
    }),
    alone: false,
    attestation: party.trustedRoots === null ? 'none' : 'direct',
  })
  return { ok: true, options, ticket: begun.ticket, binding: null }
}

/**
 * WebAuthn L3 section 14.6.1: at most 64 bytes, and nothing that says who it is. Not the user id, which holds the time of the sign-up and stands
 * in answers; random, and remembered with the passkeys of the person.
 */
export function mintUserHandle({ random }: Pick<MethodPorts, 'random'>): string {
  return toBase64Url(random.bytes(32))
}

export type FinishRegistrationResult =
  | {
      readonly ok: true
      readonly passkey: Credential
      /** Shown once, where this is the first second factor. */
      readonly recoveryCodes: readonly string[] | null
    }
  | RefusedRegistration

export async function finishRegistration(
  ports: MethodPorts,
  context: RequestContext,
  party: RelyingParty,
  input: {
    readonly caller: Caller
    readonly ticket: string
    readonly response: RegistrationResponse
    readonly name: string | undefined
    readonly usage: PasskeyUsage
  },
): Promise<FinishRegistrationResult> {
  const { store, clock } = ports
  const { caller, ticket, response } = input
  const { user, session } = caller
  const opened = await openTicket(ports, { purpose: 'passkey-registration', ticket, binding: undefined })
  if (!opened.ok) return refuseRegistration(ports, context, opened.reason, { caller })
  const { data, spend } = opened
  if (data.sessionId !== session.id) return refuseRegistration(ports, context, 'ticket_over', { caller })
  const verified = verifyRegistration(response, { ...expectationOf(party, data.challenge), now: clock.now() })
  if (!verified.ok) return refuseRegistration(ports, context, verified.reason, { caller })
  const { credential } = verified
  const usage = possibleUsage(input.usage, credential.userVerified)
  if (usage === undefined) return refuseRegistration(ports, context, 'user_unverified', { caller })
  const passkey = newPasskey(ports, user.id, credential, { name: input.name, usage, userHandle: data.userHandle })
  const before = (await store.findSubject(user.id))?.credentials ?? []
  const codes = recoveryCodesFor(ports, passkey, before)
  const committed = await store.commit(
    [
      spend,
      { kind: 'addCredential', credential: passkey },
      ...(codes?.writes ?? []),
      ...factorAdded(ports, context, {
        user,
        sessionId: session.id,
        factor: 'passkey',
        data: { usage, synced: credential.backupEligible, attestation: credential.attestationFormat },
      }),
    ],
    clock.now(),
  )
  if (!committed.ok) {
    // Step 26: the id is somebody's already. Or the ticket was spent by a double submit.
    const taken = committed.lost.reason === 'credential_exists'
    return refuseRegistration(ports, context, taken ? 'credential_exists' : 'ticket_over', { caller })
  }
  return { ok: true, passkey, recoveryCodes: codes?.codes ?? null }
}

/** The first second factor comes with codes for the day on which it is lost, where this installation takes them. */
export function recoveryCodesFor(
  ports: MethodPorts,
  added: Credential,
  before: readonly Credential[],
): { readonly codes: readonly string[]; readonly writes: readonly Write[] } | undefined {
  const isFirst = isSecondFactor(added) && !before.some(isSecondFactor)
  if (!ports.recoveryCodes || !isFirst || before.some(({ method }) => method === 'recovery-code')) return undefined
  const { codes, writes } = issueRecoveryCodes(ports, added.userId)
  return { codes, writes }
}

/** What a registration has to answer; PIN or biometric are looked at where it is decided what the key may be used for. */
export function expectationOf(party: RelyingParty, challenge: string): Omit<RegistrationExpectation, 'now'> {
  return {
    challenge,
    rpId: party.rpId,
    origins: party.origins,
    embeddedIn: null,
    userVerification: false,
    algorithms: offeredAlgorithms,
    syncable: party.syncable,
    trustedRoots: party.trustedRoots,
  }
}

async function refuseRegistration(
  ports: MethodPorts,
  context: RequestContext,
  reason: RegisterRejection,
  { caller, retryAfterSeconds = 0 }: { readonly caller: Caller; readonly retryAfterSeconds?: number },
): Promise<RefusedRegistration> {
  const { user, session } = caller
  if (await mayRecordRefusal(ports, context, reason)) {
    const event = { kind: 'passkey.registration_failed', user, sessionId: session.id, data: { reason } } as const
    await ports.store.commit([appendEvent(ports, context, event)], ports.clock.now())
  }
  return { ok: false, reason, retryAfterSeconds }
}
