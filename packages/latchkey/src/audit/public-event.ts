import type { Core } from '../core/core.ts'
import { toIsoTimestamp } from '../platform/timestamp.ts'
import { openPersonKey } from '../secrets/person-key.ts'
import { openWith } from '../secrets/key-ring.ts'
import type { User } from '../user/user.ts'
import { personLabel } from './append-event.ts'
import type { AuditEvent } from './audit-event.ts'

/** An event without the personal fields. */
export function readEvent(event: AuditEvent): Readonly<Record<string, unknown>> {
  return {
    id: event.id,
    at: toIsoTimestamp(event.at),
    kind: event.kind,
    userId: event.userId,
    actorId: event.actorId,
    sessionId: event.sessionId,
    requestId: event.requestId,
    data: JSON.parse(event.data) as unknown,
  }
}

/** An event of `user` with address, client address and user agent, opened with the person's own key. */
export function readEventForOwner(
  { keys }: Pick<Core, 'keys'>,
  event: AuditEvent,
  user: User,
): Readonly<Record<string, unknown>> {
  if (event.person?.startsWith('p.') !== true || event.userId !== user.id) return { ...readEvent(event), person: null }
  const key = openPersonKey(keys, user.id, user.personKey)
  return {
    ...readEvent(event),
    person: JSON.parse(openWith(key, personLabel(event.id), event.person.slice(2))) as unknown,
  }
}
