import type { CredentialId } from '../../credential/credential.ts'
import type { KeyRing } from '../../secrets/key-ring.ts'
import type { ProviderTokens } from './protocol/client.ts'

/** What is sealed in an identity's secret. */
export interface KeptTokens {
  readonly tokens: ProviderTokens | null
  /** Until when somebody is refreshing them; the others wait. */
  readonly refreshingUntil: number
}

/** Also where nothing is kept something is sealed: then every change is a compare-and-set. */
export function sealTokens(
  keys: KeyRing,
  id: CredentialId,
  tokens: ProviderTokens | null,
  refreshingUntil: number = 0,
): string {
  const kept: KeptTokens = { tokens, refreshingUntil }
  return keys.seal(providerTokensLabel(id), JSON.stringify(kept))
}

/** @throws LatchkeyError `key_unknown`, `sealed_value_broken` */
export function openTokens(keys: KeyRing, id: CredentialId, sealed: string): KeptTokens {
  return JSON.parse(keys.open(providerTokensLabel(id), sealed)) as KeptTokens
}

/** The id of the row is part of it: tokens that are moved to somebody else's identity do not open. */
export function providerTokensLabel(id: CredentialId): string {
  return `oauth-tokens/${id}`
}
