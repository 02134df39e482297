import type { AmrEntry } from '../../assurance/assurance.ts'
import { appendEvent } from '../../audit/append-event.ts'
import { recordRejection } from '../../audit/record-rejection.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import { parsePasskeyData } from '../../credential/passkey-data.ts'
import { fromBase64Url, toBase64Url } from '../../platform/bytes.ts'
import { sha256 } from '../../secrets/sha256.ts'
import type { Write } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import { passkeyProofs } from './options.ts'
import type { Expectation } from './webauthn/expectation.ts'
import type { AuthenticationResponse } from './webauthn/responses.ts'
import { verifyAssertion, type AssertionRejection } from './webauthn/verify-assertion.ts'

/** Why a passkey is refused; for the audit log alone. */
export type PasskeyRejection =
  | AssertionRejection
  | 'ticket_over'
  | 'unknown_credential'
  | 'wrong_user'
  | 'wrong_usage'
  | 'wrong_user_handle'
  | 'counter_mismatch'
  | 'blocked'
  | 'attempt_over'
  | 'factor_not_accepted'
  | 'over_limit'

export interface RefusedPasskey {
  readonly ok: false
  readonly reason: PasskeyRejection
  readonly retryAfterSeconds: number
}

export type ProvePasskeyResult =
  | {
      readonly ok: true
      readonly proofs: readonly AmrEntry[]
      /** Notes counter and backup state; for the commit of what the passkey was for. */
      readonly writes: readonly Write[]
    }
  | { readonly ok: false; readonly reason: PasskeyRejection }

/** Under which identifier the row of a passkey is found: ids may be longer than an index takes. `undefined` for what is no id. */
export function passkeyIdentifier(credentialId: string): string | undefined {
  const bytes = fromBase64Url(credentialId)
  return bytes === undefined || bytes.length > 1_023 ? undefined : toBase64Url(sha256(bytes))
}

/**
 * Is this an assertion by that passkey? The signature first, then what it vouches for: the user handle, and last the counter, which alone tells
 * of a copy (WebAuthn L3 section 7.2 steps 6 and 22).
 */
export function provePasskey(
  { clock }: Pick<Core, 'clock'>,
  credential: Credential,
  {
    response,
    expected,
    handleRequired,
  }: {
    readonly response: AuthenticationResponse
    readonly expected: Expectation
    /** Where nobody was known before, the handle says who it is. */
    readonly handleRequired: boolean
  },
): ProvePasskeyResult {
  const data = parsePasskeyData(credential)
  const verified = verifyAssertion(response, { expected, credential: data })
  if (!verified.ok) return verified
  const userHandle = response.response.userHandle ?? null
  if (userHandle === null ? handleRequired : userHandle !== data.userHandle)
    return { ok: false, reason: 'wrong_user_handle' }
  const { counter: stored } = credential
  // A synced passkey does not count: there both stay at 0. Everything else has to rise.
  if (!(stored === 0 && verified.counter === 0) && verified.counter <= stored)
    return { ok: false, reason: 'counter_mismatch' }
  const { id: credentialId, userId } = credential
  // Step 24, where there is something to note.
  const { backedUp } = verified
  const uvInitialized = data.uvInitialized || verified.userVerified
  const toldNews = backedUp !== data.backedUp || uvInitialized !== data.uvInitialized
  const to = JSON.stringify({ ...data, backedUp, uvInitialized })
  return {
    ok: true,
    proofs: passkeyProofs(verified.userVerified, clock.now()),
    writes: [
      { kind: 'bumpPasskeyCounter', credentialId, from: stored, to: verified.counter },
      ...(toldNews ? [{ kind: 'updateCredentialData', credentialId, userId, from: credential.data, to } as const] : []),
    ],
  }
}

/** Every refusal leaves one event; a counter that was seen before has a kind of its own, because it asks for somebody's attention. */
export async function refusePasskey(
  core: Core,
  context: RequestContext,
  reason: PasskeyRejection,
  { user, retryAfterSeconds = 0 }: { readonly user?: User | undefined; readonly retryAfterSeconds?: number } = {},
): Promise<RefusedPasskey> {
  if (reason === 'counter_mismatch')
    await core.store.commit([appendEvent(core, context, { kind: 'passkey.counter_mismatch', user })], core.clock.now())
  else await recordRejection(core, context, { method: 'passkey', reason, user })
  return { ok: false, reason, retryAfterSeconds }
}
