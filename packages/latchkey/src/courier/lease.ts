import type { Write } from '../store/writes.ts'
import type { Message, MessageStatus } from './message.ts'

/** A message in the hands of this process until `until`; afterwards whoever finds it may send it. */
export interface Lease {
  /** As it was before the lease. */
  readonly message: Message
  readonly token: string
  readonly until: number
}

export function settle(
  { message, token }: Lease,
  status: MessageStatus,
  nextAttemptAt: number,
  error: string | null,
): Write {
  return { kind: 'settleMessage', messageId: message.id, leaseToken: token, status, nextAttemptAt, error }
}

/** `writes` with the messages that they queue leased already, as far as there is room: what is found and leased later costs a query and a commit more. */
export function leaseAtBirth(
  writes: readonly Write[],
  {
    now,
    room,
    leaseOf,
  }: { readonly now: number; readonly room: number; readonly leaseOf: (message: Message) => Lease },
): { readonly writes: readonly Write[]; readonly leases: readonly Lease[] } {
  const leases: Lease[] = []
  const leased = writes.map((write): Write => {
    if (write.kind !== 'enqueueMessage' || leases.length >= room || !isFree(write.message, now)) return write
    const lease = leaseOf(write.message)
    leases.push(lease)
    const { token: leaseToken, until: nextAttemptAt } = lease
    return { ...write, message: { ...write.message, leaseToken, nextAttemptAt, attempts: write.message.attempts + 1 } }
  })
  return { writes: leased, leases }
}

function isFree({ status, leaseToken, nextAttemptAt, notAfter }: Message, now: number): boolean {
  return status === 'queued' && leaseToken === null && nextAttemptAt <= now && now < notAfter
}
