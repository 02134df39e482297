import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { openKeyOfNobody, openPersonKey } from '../secrets/person-key.ts'
import { sealWith } from '../secrets/key-ring.ts'
import type { SessionId } from '../session/session.ts'
import type { Write } from '../store/writes.ts'
import type { User } from '../user/user.ts'
import { asEventId, type AuditEvent, type AuditEventKind } from './audit-event.ts'

export interface EventFacts {
  readonly kind: AuditEventKind
  /** Whose account it concerns, when one is known. */
  readonly user?: Pick<User, 'id' | 'personKey'> | undefined
  readonly actorId?: string
  readonly sessionId?: SessionId
  /** Facts without personal data or secrets: reasons, methods, counts. */
  readonly data?: Readonly<Record<string, string | number | boolean | null>>
  /** The address that was given, when it is not the user's own. Sealed. */
  readonly email?: string
  /** What an administrator wrote about it. It may name people: sealed as well. */
  readonly note?: string | null
}

/** The write that adds an event to the audit log, in the commit of what it tells of. */
export function appendEvent(
  { keys, ids, clock, random }: Pick<Core, 'keys' | 'ids' | 'clock' | 'random'>,
  context: RequestContext,
  facts: EventFacts,
): Write {
  const id = asEventId(ids.next())
  const person: Record<string, string> = {}
  if (facts.email !== undefined) person['email'] = facts.email
  if (facts.note != null) person['note'] = facts.note
  if (context.ip !== null) person['ip'] = context.ip
  if (context.userAgent !== null) person['userAgent'] = context.userAgent
  const fields: Omit<AuditEvent, 'mac'> = {
    id,
    at: clock.now(),
    kind: facts.kind,
    userId: facts.user?.id ?? null,
    actorId: facts.actorId ?? null,
    sessionId: facts.sessionId ?? null,
    requestId: context.requestId,
    data: JSON.stringify(facts.data ?? {}),
    person:
      Object.keys(person).length === 0 ? null : sealPerson({ keys, random }, id, facts.user, JSON.stringify(person)),
  }
  return { kind: 'appendEvent', event: { ...fields, mac: keys.mac(eventLabel, eventText(fields)) } }
}

export const eventLabel = 'audit-event'

/** The text under an event's MAC: every field, in a fixed order and unambiguous. */
export function eventText(event: Omit<AuditEvent, 'mac'>): string {
  return JSON.stringify([
    event.id,
    event.at,
    event.kind,
    event.userId,
    event.actorId,
    event.sessionId,
    event.requestId,
    event.data,
    event.person,
  ])
}

function sealPerson(
  { keys, random }: Pick<Core, 'keys' | 'random'>,
  eventId: string,
  user: Pick<User, 'id' | 'personKey'> | undefined,
  text: string,
): string {
  if (user === undefined) {
    openKeyOfNobody(keys, random)
    return keys.seal(personLabel(eventId), text)
  }
  return `p.${sealWith(openPersonKey(keys, user.id, user.personKey), random, personLabel(eventId), text)}`
}

/** Under which label the personal fields of an event are sealed; with the person's key they begin with `p.`. */
export function personLabel(eventId: string): string {
  return `audit-person/${eventId}`
}
