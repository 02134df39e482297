import { openChallengeData, type OAuthStateData } from '../../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import type { Core } from '../../core/core.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { LostCharge } from '../../store/store.ts'
import type { Write } from '../../store/writes.ts'
import { ceremonyCharges, refundsOf } from '../../throttle/charges.ts'
import { judgeResponse, type CallbackParameters } from './protocol/authorization-response.ts'
import type { ProviderClient, ProviderTokens } from './protocol/client.ts'
import type { ProviderFailure } from './protocol/failure.ts'
import type { ProviderProfile } from './protocol/profile.ts'
import { recordFailure } from './record-failure.ts'
import { redirectUriOf } from './start-authorization.ts'

export type ReturnRejection = LostCharge | 'other_provider' | ProviderFailure

export type Returned =
  | {
      readonly ok: true
      readonly state: OAuthStateData
      readonly profile: ProviderProfile
      readonly tokens: ProviderTokens
      /** Gives the budgets of the start back; for the commit of what the identity is for. */
      readonly writes: readonly Write[]
    }
  | {
      readonly ok: false
      readonly reason: ReturnRejection
      /** What the person was about to do, when the state was one of this browser. */
      readonly state: OAuthStateData | null
    }

/**
 * A browser comes back. The state is spent by a commit of its own **before** the provider is asked: of parallel callbacks one redeems the code, a crash
 * between leaves a dead state and no session, and an answer that is refused cannot be followed by a better one (RFC 9700 section 4.2.4). Nothing of
 * another browser's, an expired or a spent state is touched.
 */
export async function readReturn(
  core: Core,
  context: RequestContext,
  input: {
    readonly client: ProviderClient
    readonly parameters: CallbackParameters
    readonly binding: string | undefined
  },
): Promise<Returned> {
  const { store, clock, keys } = core
  const { client, parameters, binding } = input
  const { provider } = client
  const now = clock.now()
  const handle = parseHandle(keys, parameters.state ?? '')
  if (handle === undefined) return reject('unknown', null)
  const charged = await store.charge([attemptCharge(keys, handle, { binding, purposes: ['oauth-state'] })], now)
  if (!charged.ok) return reject(charged.lost.reason, null)
  const { challenge } = charged
  if (challenge === null) return reject('unknown', null)
  const state = openChallengeData(keys, 'oauth-state', challenge)
  const spent = await store.commit([{ kind: 'consumeChallenge', challengeId: challenge.id }], now)
  if (!spent.ok) return reject('spent', state)
  // RFC 9700 section 4.4: an answer that comes to another provider's address is a mix-up.
  if (state.provider !== provider.id) return reject('other_provider', state)
  const found = await client.findServer()
  if (!found.ok) return reject(found.reason, state)
  const judged = judgeResponse(found.server, provider.clientId, parameters)
  if (!judged.ok) return reject(judged.reason, state)
  const redeemed = await client.redeemCode({
    server: found.server,
    parameters: judged.parameters,
    redirectUri: redirectUriOf(core, provider.id),
    codeVerifier: state.codeVerifier,
    nonce: state.nonce,
  })
  if (!redeemed.ok) return reject(redeemed.reason, state)
  const { profile, tokens } = redeemed
  return { ok: true, state, profile, tokens, writes: refundsOf(ceremonyCharges(core, context), state.chargedAt) }

  async function reject(reason: ReturnRejection, of: OAuthStateData | null): Promise<Returned> {
    const user = of?.link == null ? undefined : await store.findUser(of.link.userId)
    await recordFailure(core, context, { provider: provider.id, reason, user })
    return { ok: false, reason, state: of }
  }
}
