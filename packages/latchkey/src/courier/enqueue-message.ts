import type { Core } from '../core/core.ts'
import { dayMs } from '../platform/clock.ts'
import type { Write } from '../store/writes.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { UserId } from '../user/user.ts'
import { asMessageId } from './message.ts'
import type { AnyMessage } from './message-data.ts'

export type Enqueue = AnyMessage & {
  readonly to: EmailAddress
  readonly userId: UserId | null
  readonly locale?: string | null
  /** Later than this it is useless: the end of the secret in it. Default: a day from now. */
  readonly notAfter?: number
}

/** The write that puts a mail into the outbox: it leaves if, and only if, the change that it tells of was committed. */
export function enqueueMessage({ keys, ids, clock }: Pick<Core, 'keys' | 'ids' | 'clock'>, message: Enqueue): Write {
  const now = clock.now()
  const id = asMessageId(ids.next())
  return {
    kind: 'enqueueMessage',
    message: {
      id,
      template: message.template,
      recipient: message.to,
      userId: message.userId,
      locale: message.locale ?? null,
      data: keys.seal(messageLabel(id), JSON.stringify(message.data)),
      status: 'queued',
      attempts: 0,
      createdAt: now,
      notAfter: message.notAfter ?? now + dayMs,
      nextAttemptAt: now,
      leaseToken: null,
      settledAt: null,
      lastError: null,
    },
  }
}

/** Under which label the data of a message is sealed. */
export function messageLabel(id: string): string {
  return `message/${id}`
}
