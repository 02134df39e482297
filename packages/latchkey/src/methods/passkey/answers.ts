import {
  array,
  boolean,
  nullable,
  object,
  optional,
  picklist,
  record,
  string,
  unknown,
  type GenericSchema,
} from 'valibot'
import type { Credential } from '../../credential/credential.ts'
import { parsePasskeyData } from '../../credential/passkey-data.ts'
import { toIsoTimestamp } from '../../platform/timestamp.ts'
import type { Answer } from '../route.ts'
import { ceremonyTtlMs } from './options.ts'

/** What the owner sees of a passkey: neither key nor credential id. */
export const passkeyAnswer: GenericSchema = object({
  id: string(),
  name: string(),
  usage: picklist(['primary', 'factor', 'both']),
  synced: boolean(),
  createdAt: string(),
  lastUsedAt: nullable(string()),
})

export const registeredAnswer: GenericSchema = object({
  passkey: passkeyAnswer,
  recoveryCodes: optional(array(string())),
})

/** `options` go to `navigator.credentials`, as `PublicKeyCredential.parse…OptionsFromJSON` takes them. */
export const ceremonyAnswer: GenericSchema = object({ options: record(string(), unknown()), ticket: string() })

export function publicPasskey(credential: Credential): Readonly<Record<string, unknown>> {
  const { name, usage, backedUp } = parsePasskeyData(credential)
  const { id, createdAt, lastUsedAt } = credential
  return {
    id,
    name,
    usage,
    synced: backedUp,
    createdAt: toIsoTimestamp(createdAt),
    lastUsedAt: lastUsedAt === null ? null : toIsoTimestamp(lastUsedAt),
  }
}

export function passkeyChanged(
  passkey: Credential,
  recoveryCodes: readonly string[] | null,
): Extract<Answer, { readonly ok: true }> {
  const codes = recoveryCodes === null ? {} : { recoveryCodes }
  return { ok: true, status: 200, body: { passkey: publicPasskey(passkey), ...codes } }
}

/** Begun, or the one refusal that a start has. */
export function ceremonyBegun(begun: {
  readonly options: object
  readonly ticket: string
  readonly binding: string | null
}): Answer {
  const { options, ticket, binding } = begun
  return {
    ok: true,
    status: 200,
    body: { options, ticket },
    ...(binding === null
      ? {}
      : { cookies: { binding: { value: binding, maxAgeSeconds: Math.ceil(ceremonyTtlMs / 1_000) } } }),
  }
}

/** Whatever was wrong with ticket, key or person: one answer (ASVS 6.3.8). What belongs to the attempt or to a limit has its own. */
export function passkeyRefused({
  reason,
  retryAfterSeconds,
}: {
  readonly reason: string
  readonly retryAfterSeconds: number
}): Answer {
  if (reason === 'over_limit') return { ok: false, problem: 'rate_limited', retryAfterSeconds }
  if (reason === 'attempt_over' || reason === 'factor_not_accepted') return { ok: false, problem: 'attempt_over' }
  return { ok: false, problem: reason === 'too_many' ? 'conflict' : 'passkey_refused' }
}
