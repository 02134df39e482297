import {
  array,
  nullable,
  object,
  optional,
  picklist,
  record,
  strictObject,
  string,
  unknown,
  type GenericSchema,
} from 'valibot'
import { appendEvent } from '../../audit/append-event.ts'
import { auditEventKinds, type AuditEventKind } from '../../audit/audit-event.ts'
import { readEvent } from '../../audit/read-event.ts'
import { asMessageId, type Message } from '../../courier/message.ts'
import { route, signedIn, type Answer, type Route } from '../../methods/route.ts'
import { isId } from '../../platform/ids.ts'
import { toIsoTimestamp } from '../../platform/timestamp.ts'
import { parseUserId } from '../../user/user.ts'
import { cursorField, limitField, messageListAnswer, signingKeyListAnswer } from './admin-fields.ts'
import type { CoreRoutePorts } from './core-ports.ts'

export const eventListAnswer: GenericSchema = object({
  events: array(record(string(), unknown())),
  nextCursor: nullable(string()),
})

export function adminSystemRoutes(ports: CoreRoutePorts): readonly Route[] {
  const { store, clock } = ports
  return [
    route({
      id: 'adminListEvents',
      method: 'GET',
      path: '/admin/events',
      summary: 'The audit log, newest first',
      access: { kind: 'admin', permission: 'events:read' },
      query: strictObject({
        cursor: cursorField,
        limit: limitField,
        kind: optional(picklist(Object.keys(auditEventKinds) as AuditEventKind[])),
        userId: optional(string()),
      }),
      answers: { 200: { description: 'A page of events.', body: eventListAnswer } },
      problems: ['not_found'],
      async handle({ query }): Promise<Answer> {
        const userId = query.userId === undefined ? undefined : parseUserId(query.userId)
        if (query.userId !== undefined && userId === undefined) return { ok: false, problem: 'not_found' }
        const page = await store.listEvents({
          limit: query.limit ?? 50,
          ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
          ...(query.kind === undefined ? {} : { kind: query.kind }),
          ...(userId === undefined ? {} : { userId }),
        })
        // The personal fields of others are shown one user at a time, under /admin/users/:id/events.
        return {
          ok: true,
          status: 200,
          body: { events: page.items.map((event) => readEvent(ports, event, undefined)), nextCursor: page.nextCursor },
        }
      },
    }),
    route({
      id: 'adminListOutbox',
      method: 'GET',
      path: '/admin/outbox',
      summary: 'The outbox, newest first; no contents',
      access: { kind: 'admin', permission: 'outbox:read' },
      query: strictObject({
        cursor: cursorField,
        limit: limitField,
        status: optional(picklist(['queued', 'sent', 'expired', 'failed'])),
      }),
      answers: { 200: { description: 'A page of messages.', body: messageListAnswer } },
      problems: [],
      async handle({ query }): Promise<Answer> {
        const page = await store.listMessages({
          limit: query.limit ?? 50,
          ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
          ...(query.status === undefined ? {} : { status: query.status }),
        })
        return { ok: true, status: 200, body: { messages: page.items.map(listedMessage), nextCursor: page.nextCursor } }
      },
    }),
    route({
      id: 'adminRetryMessage',
      method: 'POST',
      path: '/admin/outbox/:id/retry',
      summary: 'Try a queued message now',
      access: { kind: 'admin', permission: 'outbox:write' },
      answers: { 204: { description: 'It is tried at once.' } },
      problems: ['not_found', 'conflict'],
      async handle({ params, caller, context }): Promise<Answer> {
        const id = params['id'] ?? ''
        if (!isId(id)) return { ok: false, problem: 'not_found' }
        const actorId = signedIn(caller).user.id
        const committed = await store.commit(
          [
            { kind: 'retryMessage', messageId: asMessageId(id) },
            appendEvent(ports, context, { kind: 'mail.resent', actorId, data: { message: id } }),
          ],
          clock.now(),
        )
        return committed.ok ? { ok: true, status: 204 } : { ok: false, problem: 'conflict' }
      },
    }),
    route({
      id: 'adminListKeys',
      method: 'GET',
      path: '/admin/keys',
      summary: 'The signing keys of access tokens',
      access: { kind: 'admin', permission: 'keys:read' },
      answers: { 200: { description: 'Without their secrets.', body: signingKeyListAnswer } },
      problems: [],
      async handle(): Promise<Answer> {
        const keys = (await store.listSigningKeys()).map(({ kid, state, algorithm, createdAt, retiredAt }) => ({
          kid,
          state,
          algorithm,
          createdAt: toIsoTimestamp(createdAt),
          retiredAt: retiredAt === null ? null : toIsoTimestamp(retiredAt),
        }))
        return { ok: true, status: 200, body: { keys } }
      },
    }),
    route({
      id: 'adminRotateKeys',
      method: 'POST',
      path: '/admin/keys/rotate',
      summary: 'Next becomes current, current becomes previous',
      access: { kind: 'admin', permission: 'keys:write', fresh: true },
      answers: { 204: { description: 'Rotated.' } },
      problems: ['conflict'],
      async handle({ caller, context }): Promise<Answer> {
        const rotated = await ports.signingKeys.rotate(context, signedIn(caller).user.id)
        return rotated ? { ok: true, status: 204 } : { ok: false, problem: 'conflict' }
      },
    }),
    route({
      id: 'adminGetHealth',
      method: 'GET',
      path: '/admin/health',
      summary: 'Counts and queues',
      access: { kind: 'admin', permission: 'health:read' },
      answers: { 200: { description: 'Numbers of the parts.', body: record(string(), unknown()) } },
      problems: [],
      async handle(): Promise<Answer> {
        const now = clock.now()
        const [counts, databaseNow, health] = await Promise.all([
          store.counts(now),
          store.databaseNow(),
          ports.health(),
        ])
        return { ok: true, status: 200, body: { counts, clockSkewMs: databaseNow - now, ...health } }
      },
    }),
  ]
}

function listedMessage(message: Message): Readonly<Record<string, unknown>> {
  const { id, template, recipient, status, attempts, lastError } = message
  return {
    id,
    template,
    recipient,
    status,
    attempts,
    lastError,
    createdAt: toIsoTimestamp(message.createdAt),
    notAfter: toIsoTimestamp(message.notAfter),
    nextAttemptAt: toIsoTimestamp(message.nextAttemptAt),
    settledAt: message.settledAt === null ? null : toIsoTimestamp(message.settledAt),
  }
}
