import { brand, type Brand } from '../platform/brand.ts'
import { isId } from '../platform/ids.ts'
import { toIsoTimestamp } from '../platform/timestamp.ts'
import type { EmailAddress } from './email-address.ts'

export type UserId = Brand<string, 'UserId'>

export function parseUserId(text: string): UserId | undefined {
  return isId(text) ? brand<UserId>(text) : undefined
}

/** A person's record. Secrets live in credentials; `personKey` is the sealed key of this person's fields in the audit log. */
export interface User {
  readonly id: UserId
  readonly email: EmailAddress
  /** When the person proved the address; `null` until then (only imported and administrator-made users). */
  readonly emailVerifiedAt: number | null
  readonly name: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  /** Sessions carry the epoch of their birth; raising it ends them all (design rule 5). */
  readonly epoch: number
  readonly blockedAt: number | null
  readonly blockedReason: string | null
  readonly personKey: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** What leaves the engine about a user: a projection, never the row (ASVS 15.3.1). */
export interface PublicUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  readonly createdAt: string
}

export function publicUser(user: User): PublicUser {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    name: user.name,
    locale: user.locale,
    roles: user.roles,
    createdAt: toIsoTimestamp(user.createdAt),
  }
}
