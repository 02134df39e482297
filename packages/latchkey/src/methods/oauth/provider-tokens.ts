import type { Core } from '../../core/core.ts'
import type { Credential } from '../../credential/credential.ts'
import { secondMs } from '../../platform/clock.ts'
import { sleep, type Timers } from '../../platform/timers.ts'
import { toDate } from '../../platform/timestamp.ts'
import { parseUserId, type UserId } from '../../user/user.ts'
import type { ProviderClient, ProviderTokens } from './protocol/client.ts'
import { providerOf } from './identity.ts'
import { openTokens, sealTokens } from './sealed-tokens.ts'

export type AccessTokenResult =
  | { readonly ok: true; readonly accessToken: string; readonly expiresAt: Date | null }
  | {
      readonly ok: false
      /** `sign_in_again`: the provider ended it, or gave no way to renew it. */
      readonly reason: 'not_linked' | 'not_stored' | 'sign_in_again' | 'provider_unavailable'
    }

/** A token that ends within this time is renewed. */
const earlyMs = 60 * secondMs
/** Longer than any guarded request: after it whoever refreshed is taken for dead. */
const leaseMs = 15 * secondMs
const pollMs = 100

type Ports = Pick<Core, 'store' | 'keys' | 'clock'>

/**
 * The provider's access token of a user, renewed where it has to be. One caller renews, on however many nodes: whoever wins the compare-and-set that marks it; the
 * others wait for what it brings. A rotated refresh token is thereby never used twice, which providers take for theft.
 */
export async function readAccessToken(
  ports: Ports & { readonly timers: Timers },
  clients: ReadonlyMap<string, ProviderClient>,
  { userId, provider }: { readonly userId: string; readonly provider: string },
): Promise<AccessTokenResult> {
  const { store, keys, clock, timers } = ports
  const id = parseUserId(userId)
  const client = clients.get(provider)
  if (id === undefined || client === undefined) return { ok: false, reason: 'not_linked' }
  const giveUpAt = clock.now() + 2 * leaseMs
  for (;;) {
    const identity = await findIdentity(ports, id, provider)
    if (identity?.secret == null) return { ok: false, reason: 'not_linked' }
    const { tokens, refreshingUntil } = openTokens(keys, identity.id, identity.secret)
    if (tokens === null) return { ok: false, reason: 'not_stored' }
    const now = clock.now()
    if (tokens.expiresAt === null || tokens.expiresAt > now + earlyMs) return given(tokens)
    if (tokens.refreshToken === null) return { ok: false, reason: 'sign_in_again' }
    if (now >= giveUpAt) return { ok: false, reason: 'provider_unavailable' }
    const marked = sealTokens(keys, identity.id, tokens, now + leaseMs)
    const isMine = refreshingUntil <= now && (await replace(store, identity, identity.secret, marked, now))
    if (!isMine) {
      await sleep(timers, pollMs)
      continue
    }
    const refreshed = await client.refresh(tokens.refreshToken)
    if (!refreshed.ok) {
      const isOver = refreshed.reason === 'code_refused'
      // Without its refresh token nobody asks again until the person signs in; after an outage somebody may.
      const left = isOver ? { ...tokens, refreshToken: null } : tokens
      await replace(store, identity, marked, sealTokens(keys, identity.id, left), clock.now())
      return { ok: false, reason: isOver ? 'sign_in_again' : 'provider_unavailable' }
    }
    const merged = mergeTokens(tokens, refreshed.tokens)
    await replace(store, identity, marked, sealTokens(keys, identity.id, merged), clock.now())
    return given(merged)
  }
}

/** After another sign-in: the newer tokens, by compare-and-set, so that a renewal which runs meanwhile loses nothing. */
export async function keepTokens(
  { store, keys, clock }: Ports,
  identity: Credential,
  tokens: ProviderTokens,
): Promise<void> {
  let current: Credential | undefined = identity
  for (let tries = 0; tries < 5 && current?.secret != null; tries++) {
    const { secret } = current
    const kept = openTokens(keys, current.id, secret)
    const merged = kept.tokens === null ? tokens : mergeTokens(kept.tokens, tokens)
    if (await replace(store, current, secret, sealTokens(keys, current.id, merged), clock.now())) return
    current = (await store.findCredential('oauth', identity.identifier))?.credential
  }
}

/** RFC 6749 section 6: an answer without a refresh token leaves the old one in force. Never overwritten by nothing. */
export function mergeTokens(old: ProviderTokens, fresh: ProviderTokens): ProviderTokens {
  return { ...fresh, refreshToken: fresh.refreshToken ?? old.refreshToken, scope: fresh.scope ?? old.scope }
}

async function findIdentity(
  { store }: Pick<Core, 'store'>,
  userId: UserId,
  provider: string,
): Promise<Credential | undefined> {
  const subject = await store.findSubject(userId)
  return subject?.credentials.find((one) => one.method === 'oauth' && providerOf(one) === provider)
}

async function replace(
  store: Core['store'],
  { id }: Credential,
  from: string,
  to: string,
  now: number,
): Promise<boolean> {
  return (await store.commit([{ kind: 'replaceCredentialSecret', credentialId: id, from, to }], now)).ok
}

function given({ accessToken, expiresAt }: ProviderTokens): AccessTokenResult {
  return { ok: true, accessToken, expiresAt: expiresAt === null ? null : toDate(expiresAt) }
}
