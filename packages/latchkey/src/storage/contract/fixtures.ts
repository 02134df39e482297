import { asEventId, type AuditEvent, type AuditSeal } from '../../audit/audit-event.ts'
import { parseChallengeId, type Challenge } from '../../challenge/challenge.ts'
import { asMessageId, type Message } from '../../courier/message.ts'
import { parseCredentialId, type Credential } from '../../credential/credential.ts'
import { dayMs, hourMs, minuteMs, systemClock } from '../../platform/clock.ts'
import { createIds } from '../../platform/ids.ts'
import { systemRandom } from '../../platform/random.ts'
import { parseDeviceId, type Device } from '../../session/device.ts'
import { parseSessionId, type Session } from '../../session/session.ts'
import type { SigningKey } from '../../session/signing-key.ts'
import { parseEmailAddress, type EmailAddress } from '../../user/email-address.ts'
import { parseUserId, type User, type UserId } from '../../user/user.ts'

/** When the cases play, in epoch milliseconds. Storages judge by the `now` that they are given, never by their own clock. */
export const noon = 1_893_499_200_000

const ids = createIds(systemClock, systemRandom)

/** A fresh id; later ones sort behind earlier ones. */
export function anId(): string {
  return ids.next()
}

/** Differs from every other one in its last characters, as digests and tokens do. */
export function aDigest(): string {
  return `digest.${anId()}`
}

export function aKey(): string {
  return `budget:${anId()}`
}

export function anAddress(local = 'user'): EmailAddress {
  return present(parseEmailAddress(`${local}.${anId()}@example.com`))
}

export function aUser(fields: Partial<User> = {}): User {
  return {
    id: present(parseUserId(anId())),
    email: anAddress(),
    emailVerifiedAt: noon,
    name: 'Ada',
    locale: 'en',
    roles: ['user'],
    epoch: 0,
    blockedAt: null,
    blockedReason: null,
    personKey: 'sealed person key',
    createdAt: noon,
    updatedAt: noon,
    ...fields,
  }
}

export function aCredential(user: { readonly id: UserId }, fields: Partial<Credential> = {}): Credential {
  const id = present(parseCredentialId(anId()))
  return {
    id,
    userId: user.id,
    method: 'passkey',
    identifier: id,
    secret: 'a secret',
    data: '{}',
    confirmedAt: noon,
    createdAt: noon,
    updatedAt: noon,
    lastUsedAt: null,
    counter: 0,
    ...fields,
  }
}

export function aChallenge(fields: Partial<Challenge> = {}): Challenge {
  return {
    id: present(parseChallengeId(anId())),
    purpose: 'sign-in',
    userId: null,
    handleDigest: aDigest(),
    bindingDigest: null,
    codeDigest: aDigest(),
    codeExpiresAt: noon + 5 * minuteMs,
    sends: 1,
    attempts: 0,
    maxAttempts: 5,
    version: 0,
    data: '{}',
    createdAt: noon,
    expiresAt: noon + hourMs,
    consumedAt: null,
    ...fields,
  }
}

export function aSession(
  user: { readonly id: UserId; readonly epoch: number },
  fields: Partial<Session> = {},
): Session {
  return {
    id: present(parseSessionId(anId())),
    userId: user.id,
    mode: 'cookie',
    secretDigest: aDigest(),
    familyDigest: null,
    turnDigest: null,
    previousTurnDigest: null,
    turnSalt: null,
    turnedAt: null,
    epoch: user.epoch,
    aal: 1,
    amr: [{ method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: noon }],
    authenticatedAt: noon,
    createdAt: noon,
    lastSeenAt: noon,
    expiresAt: noon + 30 * dayMs,
    revokedAt: null,
    revokedReason: null,
    ip: '192.0.2.1',
    userAgent: 'Test/1.0',
    ...fields,
  }
}

export function aTokenSession(
  user: { readonly id: UserId; readonly epoch: number },
  fields: Partial<Session> = {},
): Session & { readonly familyDigest: string; readonly turnDigest: string } {
  const turn = { familyDigest: aDigest(), turnDigest: aDigest() }
  return { ...aSession(user, { mode: 'token', secretDigest: null, ...fields }), ...turn }
}

export function aDevice(user: { readonly id: UserId }, fields: Partial<Device> = {}): Device {
  return {
    id: present(parseDeviceId(anId())),
    userId: user.id,
    secretDigest: aDigest(),
    createdAt: noon,
    expiresAt: noon + 90 * dayMs,
    ...fields,
  }
}

export function aSigningKey(fields: Partial<SigningKey> = {}): SigningKey {
  return {
    kid: anId(),
    state: 'current',
    algorithm: 'ES256',
    publicJwk: '{"kty":"EC"}',
    privateKey: 'sealed private key',
    createdAt: noon,
    retiredAt: null,
    ...fields,
  }
}

export function aMessage(fields: Partial<Message> = {}): Message {
  return {
    id: asMessageId(anId()),
    template: 'sign-in-code',
    recipient: anAddress(),
    userId: null,
    locale: null,
    data: 'sealed data',
    status: 'queued',
    attempts: 0,
    createdAt: noon,
    notAfter: noon + hourMs,
    nextAttemptAt: noon,
    leaseToken: null,
    settledAt: null,
    lastError: null,
    ...fields,
  }
}

export function anEvent(fields: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: asEventId(anId()),
    at: noon,
    kind: 'login.success',
    userId: null,
    actorId: null,
    sessionId: null,
    requestId: null,
    data: '{}',
    person: null,
    mac: 'mac',
    ...fields,
  }
}

export function aSeal(sequence: number, fields: Partial<AuditSeal> = {}): AuditSeal {
  const id = asEventId(anId())
  return { sequence, firstId: id, lastId: id, count: 1, mac: 'mac', createdAt: noon, ...fields }
}

/** For what cannot be absent in a correct suite or storage. */
export function present<Value>(value: Value | null | undefined): Value {
  if (value === undefined || value === null) throw new TypeError('expected a value, found none')
  return value
}
