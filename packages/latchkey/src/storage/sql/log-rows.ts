import { asEventId, type AuditEvent, type AuditSeal } from '../../audit/audit-event.ts'
import { asMessageId, type Message } from '../../courier/message.ts'
import type { Change } from '../../session/change.ts'
import type { SigningKey } from '../../session/signing-key.ts'
import { id, idOrNull, number, numberOrNull, text, textOrNull, word } from './cells.ts'
import type { SqlParameters, SqlRow } from './statement.ts'

export function signingKeyOf(row: SqlRow): SigningKey {
  return {
    kid: text(row[0]),
    state: word(row[1]),
    algorithm: word(row[2]),
    publicJwk: text(row[3]),
    privateKey: text(row[4]),
    createdAt: number(row[5]),
    retiredAt: numberOrNull(row[6]),
  }
}

export function signingKeyParameters(key: SigningKey): SqlParameters {
  return {
    kid: key.kid,
    state: key.state,
    algorithm: key.algorithm,
    public_jwk: key.publicJwk,
    private_key: key.privateKey,
    created_at: key.createdAt,
    retired_at: key.retiredAt,
  }
}

export function messageOf(row: SqlRow): Message {
  return {
    id: asMessageId(text(row[0])),
    template: word(row[1]),
    recipient: id(row[2]),
    userId: idOrNull(row[3]),
    locale: textOrNull(row[4]),
    data: text(row[5]),
    status: word(row[6]),
    attempts: number(row[7]),
    createdAt: number(row[8]),
    notAfter: number(row[9]),
    nextAttemptAt: number(row[10]),
    leaseToken: textOrNull(row[11]),
    settledAt: numberOrNull(row[12]),
    lastError: textOrNull(row[13]),
  }
}

export function messageParameters(message: Message): SqlParameters {
  return {
    id: message.id,
    template: message.template,
    recipient: message.recipient,
    user_id: message.userId,
    locale: message.locale,
    data: message.data,
    status: message.status,
    attempts: message.attempts,
    created_at: message.createdAt,
    not_after: message.notAfter,
    next_attempt_at: message.nextAttemptAt,
    lease_token: message.leaseToken,
    settled_at: message.settledAt,
    last_error: message.lastError,
  }
}

export function eventOf(row: SqlRow): AuditEvent {
  return {
    id: asEventId(text(row[0])),
    at: number(row[1]),
    kind: word(row[2]),
    userId: idOrNull(row[3]),
    actorId: textOrNull(row[4]),
    sessionId: idOrNull(row[5]),
    requestId: textOrNull(row[6]),
    data: text(row[7]),
    person: textOrNull(row[8]),
    mac: text(row[9]),
  }
}

export function eventParameters(event: AuditEvent): SqlParameters {
  return {
    id: event.id,
    occurred_at: event.at,
    kind: event.kind,
    user_id: event.userId,
    actor_id: event.actorId,
    session_id: event.sessionId,
    request_id: event.requestId,
    data: event.data,
    person: event.person,
    mac: event.mac,
  }
}

export function sealOf(row: SqlRow): AuditSeal {
  return {
    sequence: number(row[0]),
    firstId: asEventId(text(row[1])),
    lastId: asEventId(text(row[2])),
    count: number(row[3]),
    mac: text(row[4]),
    createdAt: number(row[5]),
  }
}

export function sealParameters(seal: AuditSeal): SqlParameters {
  return {
    sequence: seal.sequence,
    first_id: seal.firstId,
    last_id: seal.lastId,
    event_count: seal.count,
    mac: seal.mac,
    created_at: seal.createdAt,
  }
}

export function changeOf(row: SqlRow): Change {
  return { sequence: number(row[0]), userId: id(row[1]), sessionId: idOrNull(row[2]), at: number(row[3]) }
}
