import { brand, type Brand } from '../platform/brand.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { UserId } from '../user/user.ts'

export type MessageId = Brand<string, 'MessageId'>

export function asMessageId(id: string): MessageId {
  return brand<MessageId>(id)
}

export type MessageTemplate =
  | 'sign-up-code'
  | 'sign-up-known'
  | 'sign-in-code'
  | 'no-account'
  | 'new-device-code'
  | 'email-verify-code'
  | 'password-reset'
  | 'password-changed'
  | 'new-sign-in'
  | 'refresh-replayed'
  | 'account-blocked'
  | 'too-many-failures'
  | 'magic-link'
  | 'email-change-code'
  | 'email-change-known'
  | 'email-changed'
  | 'email-welcome'
  | 'email-restored'
  | 'factor-added'
  | 'factor-removed'
  | 'recovery-codes-regenerated'
  | 'recovery-codes-low'
  | 'factors-reset'
  | 'factors-reset-scheduled'

/** Mails that carry a code, and those that stand in for one where there is none to send. */
export type CodeTemplate =
  | 'sign-up-code'
  | 'sign-in-code'
  | 'email-verify-code'
  | 'email-change-code'
  | 'new-device-code'
  | DecoyTemplate

export type DecoyTemplate = 'sign-up-known' | 'email-change-known' | 'no-account' | 'account-blocked'

/** `queued` waits or is being tried, the others are final; data is destroyed on leaving `queued`. */
export type MessageStatus = 'queued' | 'sent' | 'expired' | 'failed'

/** A row of the outbox: template, recipient and sealed data, never rendered text (design rule 12). */
export interface Message {
  readonly id: MessageId
  readonly template: MessageTemplate
  readonly recipient: EmailAddress
  readonly userId: UserId | null
  readonly locale: string | null
  /** Sealed JSON for the template; empty once the message has left or expired. */
  readonly data: string
  readonly status: MessageStatus
  /** How often it was leased. */
  readonly attempts: number
  readonly createdAt: number
  /** A message later than this is not sent: the secret in it is dead. */
  readonly notAfter: number
  /** Not tried before this; also the end of a worker's lease. */
  readonly nextAttemptAt: number
  /** Who works on it: random, compared when the work is settled. */
  readonly leaseToken: string | null
  readonly settledAt: number | null
  /** The mail server's last answer, without addresses or bodies. */
  readonly lastError: string | null
}
