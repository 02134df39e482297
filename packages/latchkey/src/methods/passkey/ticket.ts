import type { Challenge, ChallengePurpose } from '../../challenge/challenge.ts'
import type { ChallengeData } from '../../challenge/challenge-data.ts'
import { openChallengeData } from '../../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import { issueChallenge, type IssuedChallenge } from '../../challenge/issue-challenge.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { toBase64Url } from '../../platform/bytes.ts'
import type { SessionMode } from '../../session/session.ts'
import type { Write } from '../../store/writes.ts'
import { ceremonyCharges } from '../../throttle/charges.ts'
import type { UserId } from '../../user/user.ts'
import { ceremonyTtlMs } from './options.ts'

/** The purposes of a ceremony: a registration, a sign-in, a registration of a person. None passes for another. */
export type CeremonyPurpose = Extract<ChallengePurpose, `passkey-${string}`>

export type BeginCeremonyResult =
  | {
      readonly ok: true
      readonly challenge: string
      readonly ticket: string
      readonly binding: string | null
    }
  | { readonly ok: false; readonly reason: 'over_limit'; readonly retryAfterSeconds: number }

export interface BeginCeremony<Purpose extends CeremonyPurpose> {
  readonly purpose: Purpose
  readonly userId: UserId | null
  /** Pseudonym of the address; empty text's where nobody is known yet. */
  readonly account: string
  /** `cookie` binds the ticket to the browser. Where a session or an attempt binds it, `token`. */
  readonly mode: SessionMode
  readonly heldBinding?: string | undefined
  readonly data: Omit<ChallengeData[Purpose], 'challenge'>
}

/** A ceremony begins: anybody can ask for one and each leaves a row, so the network pays first. */
export async function beginCeremony<Purpose extends CeremonyPurpose>(
  core: Core,
  context: RequestContext,
  begin: BeginCeremony<Purpose>,
): Promise<BeginCeremonyResult> {
  const { store, clock, random } = core
  const now = clock.now()
  const charged = await store.charge(ceremonyCharges(core, { network: context.network }), now)
  if (!charged.ok) return { ok: false, reason: 'over_limit', retryAfterSeconds: charged.retryAfterSeconds }
  // WebAuthn L3 section 13.4.3: at least 16 random bytes, made here.
  const challenge = toBase64Url(random.bytes(32))
  const data = { ...begin.data, challenge } as unknown as ChallengeData[Purpose]
  const issued: IssuedChallenge = issueChallenge(core, { ...begin, ttlMs: ceremonyTtlMs, code: 'none', data })
  await store.commit([issued.write], now)
  return { ok: true, challenge, ticket: issued.handle, binding: issued.binding }
}

export type OpenTicketResult<Purpose extends CeremonyPurpose> =
  | {
      readonly ok: true
      readonly row: Challenge
      readonly data: ChallengeData[Purpose]
      /** Makes the ticket's one use; for the commit of what the ceremony is for. */
      readonly spend: Write
    }
  | { readonly ok: false; readonly reason: 'ticket_over' }

/** Charges one of the ticket's tries. Unknown, spent, expired, of another purpose or another browser: all the same. */
export async function openTicket<Purpose extends CeremonyPurpose>(
  { store, clock, keys }: Core,
  input: { readonly purpose: Purpose; readonly ticket: string; readonly binding: string | undefined },
): Promise<OpenTicketResult<Purpose>> {
  const { purpose, ticket, binding } = input
  const handle = parseHandle(keys, ticket)
  if (handle === undefined) return { ok: false, reason: 'ticket_over' }
  const charged = await store.charge([attemptCharge(keys, handle, { binding, purposes: [purpose] })], clock.now())
  const row = charged.ok ? charged.challenge : null
  if (row === null) return { ok: false, reason: 'ticket_over' }
  return {
    ok: true,
    row,
    data: openChallengeData(keys, purpose, row),
    spend: { kind: 'consumeChallenge', challengeId: row.id },
  }
}
