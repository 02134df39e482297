import type { AmrEntry } from '../../assurance/assurance.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import type { Credential } from '../../credential/credential.ts'
import type { Device } from '../../session/device.ts'
import type { Session } from '../../session/session.ts'
import type { SessionDigests } from '../../session/session-secrets.ts'
import type { User } from '../../user/user.ts'
import { id, idOrNull, number, numberOrNull, text, textOrNull, word, wordOrNull } from './cells.ts'
import type { SqlParameters, SqlRow } from './statement.ts'

// Rows ↔ entities, in the order of columns.ts. Rows of the log, the outbox and the keys are in log-rows.ts.

export function userOf(row: SqlRow, start = 0): User {
  return {
    id: id(row[start]),
    email: id(row[start + 1]),
    emailVerifiedAt: numberOrNull(row[start + 2]),
    name: textOrNull(row[start + 3]),
    locale: textOrNull(row[start + 4]),
    roles: rolesOf(text(row[start + 5])),
    epoch: number(row[start + 6]),
    blockedAt: numberOrNull(row[start + 7]),
    blockedReason: textOrNull(row[start + 8]),
    personKey: text(row[start + 9]),
    createdAt: number(row[start + 10]),
    updatedAt: number(row[start + 11]),
  }
}

export function userParameters(user: User): SqlParameters {
  return {
    id: user.id,
    email: user.email,
    email_verified_at: user.emailVerifiedAt,
    name: user.name,
    locale: user.locale,
    roles: JSON.stringify(user.roles),
    epoch: user.epoch,
    blocked_at: user.blockedAt,
    blocked_reason: user.blockedReason,
    person_key: user.personKey,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  }
}

export function credentialOf(row: SqlRow, start = 0): Credential {
  return {
    id: id(row[start]),
    userId: id(row[start + 1]),
    method: word(row[start + 2]),
    identifier: text(row[start + 3]),
    secret: textOrNull(row[start + 4]),
    data: text(row[start + 5]),
    confirmedAt: numberOrNull(row[start + 6]),
    createdAt: number(row[start + 7]),
    updatedAt: number(row[start + 8]),
    lastUsedAt: numberOrNull(row[start + 9]),
    counter: number(row[start + 10]),
  }
}

export function credentialParameters(credential: Credential): SqlParameters {
  return {
    id: credential.id,
    user_id: credential.userId,
    method: credential.method,
    identifier: credential.identifier,
    secret: credential.secret,
    data: credential.data,
    confirmed_at: credential.confirmedAt,
    created_at: credential.createdAt,
    updated_at: credential.updatedAt,
    last_used_at: credential.lastUsedAt,
    counter: credential.counter,
  }
}

export function challengeOf(row: SqlRow, start = 0): Challenge {
  return {
    id: id(row[start]),
    purpose: word(row[start + 1]),
    userId: idOrNull(row[start + 2]),
    handleDigest: text(row[start + 3]),
    bindingDigest: textOrNull(row[start + 4]),
    codeDigest: textOrNull(row[start + 5]),
    codeExpiresAt: numberOrNull(row[start + 6]),
    sends: number(row[start + 7]),
    attempts: number(row[start + 8]),
    maxAttempts: number(row[start + 9]),
    version: number(row[start + 10]),
    data: text(row[start + 11]),
    createdAt: number(row[start + 12]),
    expiresAt: number(row[start + 13]),
    consumedAt: numberOrNull(row[start + 14]),
  }
}

export function challengeParameters(challenge: Challenge): SqlParameters {
  return {
    id: challenge.id,
    purpose: challenge.purpose,
    user_id: challenge.userId,
    handle_digest: challenge.handleDigest,
    binding_digest: challenge.bindingDigest,
    code_digest: challenge.codeDigest,
    code_expires_at: challenge.codeExpiresAt,
    sends: challenge.sends,
    attempts: challenge.attempts,
    max_attempts: challenge.maxAttempts,
    version: challenge.version,
    data: challenge.data,
    created_at: challenge.createdAt,
    expires_at: challenge.expiresAt,
    consumed_at: challenge.consumedAt,
  }
}

export function sessionOf(row: SqlRow, start = 0): Session {
  return {
    id: id(row[start]),
    userId: id(row[start + 1]),
    mode: word(row[start + 2]),
    secretDigest: textOrNull(row[start + 3]),
    familyDigest: textOrNull(row[start + 4]),
    turnDigest: textOrNull(row[start + 5]),
    previousTurnDigest: textOrNull(row[start + 6]),
    turnSalt: textOrNull(row[start + 7]),
    turnedAt: numberOrNull(row[start + 8]),
    epoch: number(row[start + 9]),
    aal: number(row[start + 10]) === 2 ? 2 : 1,
    amr: amrOf(text(row[start + 11])),
    authenticatedAt: number(row[start + 12]),
    createdAt: number(row[start + 13]),
    lastSeenAt: number(row[start + 14]),
    expiresAt: number(row[start + 15]),
    revokedAt: numberOrNull(row[start + 16]),
    revokedReason: wordOrNull(row[start + 17]),
    ip: textOrNull(row[start + 18]),
    userAgent: textOrNull(row[start + 19]),
  }
}

export function digestParameters(digests: SessionDigests): SqlParameters {
  return {
    mode: digests.mode,
    secret_digest: digests.secretDigest,
    family_digest: digests.familyDigest,
    turn_digest: digests.turnDigest,
    previous_turn_digest: digests.previousTurnDigest,
    turn_salt: digests.turnSalt,
    turned_at: digests.turnedAt,
  }
}

export function sessionParameters(session: Session): SqlParameters {
  return {
    ...digestParameters(session),
    id: session.id,
    user_id: session.userId,
    epoch: session.epoch,
    aal: session.aal,
    amr: JSON.stringify(session.amr),
    authenticated_at: session.authenticatedAt,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
    revoked_at: session.revokedAt,
    revoked_reason: session.revokedReason,
    ip: session.ip,
    user_agent: session.userAgent,
  }
}

export function deviceOf(row: SqlRow, start = 0): Device {
  return {
    id: id(row[start]),
    userId: id(row[start + 1]),
    secretDigest: text(row[start + 2]),
    createdAt: number(row[start + 3]),
    expiresAt: number(row[start + 4]),
  }
}

export function deviceParameters(device: Device): SqlParameters {
  return {
    id: device.id,
    user_id: device.userId,
    secret_digest: device.secretDigest,
    created_at: device.createdAt,
    expires_at: device.expiresAt,
  }
}

const noRoles: readonly string[] = Object.freeze([])

function rolesOf(json: string): readonly string[] {
  if (json === '[]') return noRoles
  const value: unknown = JSON.parse(json)
  if (Array.isArray(value) && value.every((role) => typeof role === 'string')) return value
  throw new TypeError('the stored roles are not a list of names')
}

function amrOf(json: string): readonly AmrEntry[] {
  const value: unknown = JSON.parse(json)
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null)) {
    return value as readonly AmrEntry[]
  }
  throw new TypeError('the stored authentication methods are not a list')
}
