import type { AmrEntry } from '../../assurance/assurance.ts'
import { minuteMs } from '../../platform/clock.ts'
import type { Provider } from './provider.ts'

/** Somebody else vouches: RFC 8176 has no value for that, `fed` is what others write. One factor, over a channel of its own. */
export const oauthProof: Omit<AmrEntry, 'at'> = {
  method: 'oauth',
  amr: 'fed',
  factor: 'knowledge',
  channel: 'provider',
}

/**
 * What happens when an identity that nobody knows comes with the address of an account.
 *
 * `confirm`: the account is proved by what it has, and the identity is bound in the commit that signs in. `trusted`: bound at once if the provider is
 * `trusted`, vouches for the address and the account has proved it; else as `confirm`. `never`: the person signs in otherwise and binds it in the account.
 */
export type LinkingPolicy = 'confirm' | 'trusted' | 'never'

export interface OAuthOptions {
  /** E.g. `[google({ … }), github({ … })]`, in the order of the buttons. */
  readonly providers: readonly Provider[]
  /** Default `confirm`. */
  readonly linking?: LinkingPolicy
  /** Keeps the provider's tokens, sealed, for its own API (`accessToken`). Default false: what is not kept cannot be stolen. */
  readonly storeTokens?: boolean
}

/** From leaving for the provider to coming back: a person types a password and a code there. */
export const stateTtlMs: number = 10 * minuteMs

/** From coming back to fetching the result, which a program does at once (token mode). */
export const ticketTtlMs: number = 2 * minuteMs

/** Taken by a route of ours. */
const reservedIds: readonly string[] = ['finish']

/** @throws TypeError naming what cannot be right */
export function checkOAuthOptions({ providers, linking = 'confirm' }: OAuthOptions): void {
  if (providers.length === 0) throw new TypeError('oauth: one provider at least')
  const ids = providers.map(({ id }) => id)
  if (new Set(ids).size !== ids.length) throw new TypeError('oauth: two providers have the same id')
  for (const id of ids) if (reservedIds.includes(id)) throw new TypeError(`oauth: the id ${id} is taken`)
  if (!['confirm', 'trusted', 'never'].includes(linking))
    throw new TypeError('oauth: linking must be confirm, trusted or never')
}
