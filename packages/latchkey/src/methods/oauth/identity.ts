import type { Core } from '../../core/core.ts'
import type { Credential, CredentialId } from '../../credential/credential.ts'
import { brand } from '../../platform/brand.ts'
import { toIsoTimestamp } from '../../platform/timestamp.ts'
import type { UserId } from '../../user/user.ts'
import type { ProviderTokens } from './protocol/client.ts'
import type { ProviderProfile } from './protocol/profile.ts'
import { sealTokens } from './sealed-tokens.ts'

/** What the row of an identity holds beside issuer and subject, as JSON: for the eye, decided on by nobody. */
interface IdentityData {
  readonly provider: string
  readonly email: string | null
  readonly name: string | null
  readonly picture: string | null
}

/** An identity as its owner sees it. */
export interface PublicIdentity {
  readonly id: string
  readonly provider: string
  readonly email: string | null
  readonly name: string | null
  readonly picture: string | null
  readonly linkedAt: string
}

/** The key of an identity: issuer and subject, which have no blank (ASVS 10.5.2). At most 512 characters. */
export function identifierOf({ issuer, subject }: Pick<ProviderProfile, 'issuer' | 'subject'>): string {
  return `${issuer} ${subject}`
}

export function newIdentity(
  { ids, clock, keys }: Pick<Core, 'ids' | 'clock' | 'keys'>,
  identity: {
    readonly userId: UserId
    readonly provider: string
    readonly profile: ProviderProfile
    /** To be kept, or `null`. */
    readonly tokens: ProviderTokens | null
  },
): Credential {
  const { userId, provider, profile, tokens } = identity
  const now = clock.now()
  const id = brand<CredentialId>(ids.next())
  const data: IdentityData = { provider, email: profile.email, name: profile.name, picture: profile.picture }
  return {
    id,
    userId,
    method: 'oauth',
    identifier: identifierOf(profile),
    secret: sealTokens(keys, id, tokens),
    data: JSON.stringify(data),
    confirmedAt: now,
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    counter: 0,
  }
}

export function providerOf(credential: Credential): string {
  return readData(credential).provider
}

export function publicIdentity(credential: Credential): PublicIdentity {
  const { provider, email, name, picture } = readData(credential)
  const linkedAt = toIsoTimestamp(credential.confirmedAt ?? credential.createdAt)
  return { id: credential.id, provider, email, name, picture, linkedAt }
}

function readData({ data }: Pick<Credential, 'data'>): IdentityData {
  return JSON.parse(data) as IdentityData
}
