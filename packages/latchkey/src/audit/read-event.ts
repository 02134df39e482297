import type { Core } from '../core/core.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { toIsoTimestamp } from '../platform/timestamp.ts'
import { openWith } from '../secrets/key-ring.ts'
import { openPersonKey } from '../secrets/person-key.ts'
import type { User } from '../user/user.ts'
import { personLabel } from './append-event.ts'
import type { AuditEvent, AuditEventKind } from './audit-event.ts'

/** An event as people read it: the person's fields opened, times in words. */
export interface ReadableEvent {
  readonly id: string
  /** ISO 8601. */
  readonly at: string
  readonly kind: AuditEventKind
  readonly userId: string | null
  readonly actorId: string | null
  readonly sessionId: string | null
  readonly requestId: string | null
  readonly data: EventData
  /** `null` when the event has none, and when they were erased with the person or cannot be opened any more. */
  readonly person: EventPerson | null
}

export type EventData = Readonly<Record<string, string | number | boolean | null>>

export interface EventPerson {
  readonly email?: string
  readonly ip?: string
  readonly userAgent?: string
  readonly note?: string
}

/** Opens the person's fields of an event. `user` is whom it concerns, `undefined` once that person was erased. */
export function readEvent(
  { keys }: Pick<Core, 'keys'>,
  event: AuditEvent,
  user: Pick<User, 'id' | 'personKey'> | undefined,
): ReadableEvent {
  const { id, at, kind, userId, actorId, sessionId, requestId } = event
  const person = openPerson({ keys }, event, user)
  return {
    id,
    at: toIsoTimestamp(at),
    kind,
    userId,
    actorId,
    sessionId,
    requestId,
    data: parseData(event.data),
    person: person === null ? null : parsePerson(person),
  }
}

/** Reads a page of events; each person is looked up once. */
export async function readEvents(
  { keys, store }: Pick<Core, 'keys' | 'store'>,
  events: readonly AuditEvent[],
): Promise<readonly ReadableEvent[]> {
  const users = new Map<string, User | undefined>()
  for (const { userId, person } of events) {
    if (userId !== null && person !== null && !users.has(userId)) users.set(userId, await store.findUser(userId))
  }
  return events.map((event) => readEvent({ keys }, event, users.get(event.userId ?? '')))
}

function openPerson(
  { keys }: Pick<Core, 'keys'>,
  { id, userId, person }: AuditEvent,
  user: Pick<User, 'id' | 'personKey'> | undefined,
): string | null {
  if (person === null) return null
  try {
    if (!person.startsWith('p.')) return keys.open(personLabel(id), person)
    if (user === undefined || user.id !== userId) return null
    return openWith(openPersonKey(keys, user.id, user.personKey), personLabel(id), person.slice(2))
  } catch (fault) {
    // A person's key that was replaced, or a secret that left the ring: gone for the reader. Whether a row was touched is for the verification.
    if (fault instanceof LatchkeyError) return null
    throw fault
  }
}

function parseData(text: string): EventData {
  const facts: Record<string, string | number | boolean | null> = {}
  for (const [name, value] of Object.entries(parseObject(text))) {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      facts[name] = value
    }
  }
  return facts
}

function parsePerson(text: string): EventPerson {
  const { email, ip, userAgent, note } = parseObject(text)
  return {
    ...(typeof email === 'string' ? { email } : {}),
    ...(typeof ip === 'string' ? { ip } : {}),
    ...(typeof userAgent === 'string' ? { userAgent } : {}),
    ...(typeof note === 'string' ? { note } : {}),
  }
}

/** What stands in a row may have been changed by anybody who reaches the database; showing it must not throw. */
function parseObject(text: string): {
  readonly [name: string]: unknown
  readonly email?: unknown
  readonly ip?: unknown
  readonly userAgent?: unknown
  readonly note?: unknown
} {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
