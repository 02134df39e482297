import { openChallengeData, type OAuthTicketData } from '../../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Write } from '../../store/writes.ts'
import { ticketTtlMs } from './options.ts'
import { recordFailure } from './record-failure.ts'

/**
 * Token mode: what came back waits for the client that began, under a handle for the address where the browser lands. It opens only together with the
 * attempt that this client alone has: whoever lures somebody to the provider has the attempt and not the ticket, whoever slips a ticket in has another
 * attempt.
 */
export async function issueTicket(
  core: Core,
  { attempt, writes, ...data }: OAuthTicketData & { readonly attempt: string; readonly writes: readonly Write[] },
): Promise<string> {
  const { store, clock, keys } = core
  const issued = issueChallenge(core, {
    purpose: 'oauth-ticket',
    userId: null,
    account: keys.pseudonym('oauth-ticket', data.provider),
    mode: 'cookie',
    heldBinding: attempt,
    ttlMs: ticketTtlMs,
    code: 'none',
    data,
  })
  await store.commit([issued.write, ...writes], clock.now())
  return issued.handle
}

export type OpenTicketResult =
  | { readonly ok: true; readonly ticket: OAuthTicketData; readonly writes: readonly Write[] }
  | { readonly ok: false }

/** Looks at it; the writes spend it, in the commit of what it is for. */
export async function openTicket(
  core: Core,
  context: RequestContext,
  { attempt, ticket }: { readonly attempt: string; readonly ticket: string },
): Promise<OpenTicketResult> {
  const { store, clock, keys } = core
  const handle = parseHandle(keys, ticket)
  if (handle === undefined) return refuse('unknown')
  const charge = attemptCharge(keys, handle, { binding: attempt, purposes: ['oauth-ticket'] })
  const charged = await store.charge([charge], clock.now())
  if (!charged.ok) return refuse(charged.lost.reason)
  const { challenge } = charged
  if (challenge === null) return refuse('unknown')
  return {
    ok: true,
    ticket: openChallengeData(keys, 'oauth-ticket', challenge),
    writes: [{ kind: 'consumeChallenge', challengeId: challenge.id }],
  }

  async function refuse(reason: string): Promise<OpenTicketResult> {
    await recordFailure(core, context, { provider: 'unknown', reason })
    return { ok: false }
  }
}
