import type { EventId } from '../../audit/audit-event.ts'
import { dayMs, minuteMs } from '../../platform/clock.ts'
import type { Write, WriteKind, WriteOf } from '../../store/writes.ts'
import type { Storage } from '../storage.ts'
import {
  aChallenge,
  aCredential,
  aDevice,
  aDigest,
  aKey,
  aMessage,
  anAddress,
  anEvent,
  aSeal,
  aSession,
  aSigningKey,
  aTokenSession,
  aUser,
  noon,
} from './fixtures.ts'
import { charge, commit } from './outcomes.ts'
import { turn } from './refresh.ts'
import { renewal } from './renew.ts'
import { removeKeys } from './signing-keys.ts'

export interface EveryWrite {
  /** One write of each kind, all of which win together. */
  readonly writes: { readonly [Kind in WriteKind]: WriteOf<Kind> }
  /** The id of the event among them. */
  readonly receipt: EventId
  /** All that the writes touch, as the storage has it. */
  snapshot(): Promise<unknown>
}

/** Stores what the writes stand on. A new kind of write does not compile until it has its place here. */
export async function everyWrite(storage: Storage): Promise<EveryWrite> {
  await removeKeys(storage)
  const [user, unproved, blocked, fresh, doomed] = [
    aUser(),
    aUser({ emailVerifiedAt: null }),
    aUser({ blockedAt: noon }),
    aUser(),
    aUser(),
  ]
  const [target, other, moving] = [aUser(), aUser(), aUser()]
  const credentials = {
    changed: aCredential(user, { secret: 'old' }),
    put: aCredential(user),
    removed: aCredential(user),
    renamed: aCredential(user, { data: 'old' }),
    stepped: aCredential(user, { counter: 1 }),
    bumped: aCredential(user, { counter: 1 }),
    ofSet: aCredential(user, { method: 'totp' }),
    added: aCredential(user),
  }
  const challenges = {
    consumed: aChallenge(),
    advanced: aChallenge(),
    cancelled: aChallenge({ userId: user.id, purpose: 'password-reset' }),
    issued: aChallenge(),
  }
  const sessions = {
    rotated: aTokenSession(user),
    renewed: aSession(user),
    revoked: aSession(user),
    touched: aSession(user),
    ofSet: aSession(other),
    trimmed: aSession(unproved),
    doomed: aSession(doomed),
    opened: aSession(fresh),
  }
  const devices = { forgotten: aDevice(user), remembered: aDevice(user) }
  const keys = { moved: aSigningKey({ state: 'current' }), added: aSigningKey({ state: 'next' }) }
  const messages = {
    leased: aMessage(),
    settled: aMessage({ leaseToken: 'lease', nextAttemptAt: noon + minuteMs }),
    retried: aMessage({ nextAttemptAt: noon + minuteMs }),
    enqueued: aMessage(),
  }
  const seal = aSeal(((await storage.lastSeal())?.sequence ?? 0) + 1)
  const event = anEvent()
  const key = aKey()
  const expired = aChallenge({ expiresAt: noon - dayMs })

  const { added: addedCredential, ...storedCredentials } = credentials
  const { issued: _issued, ...storedChallenges } = challenges
  const { opened: _opened, ...storedSessions } = sessions
  await commit(storage, [
    ...[user, unproved, blocked, doomed, target, other, moving].map(
      (row) => ({ kind: 'createUser', user: row }) as const,
    ),
    ...Object.values(storedCredentials).map((credential) => ({ kind: 'addCredential', credential }) as const),
    ...[...Object.values(storedChallenges), expired].map(
      (challenge) => ({ kind: 'issueChallenge', challenge }) as const,
    ),
    ...Object.values(storedSessions).map((session) => ({ kind: 'openSession', session }) as const),
    { kind: 'rememberDevice', device: devices.forgotten },
    { kind: 'addSigningKey', key: keys.moved },
    ...[messages.leased, messages.settled, messages.retried].map(
      (message) => ({ kind: 'enqueueMessage', message }) as const,
    ),
  ])
  await charge(storage, [{ kind: 'budget', key, limit: 1, windowMs: minuteMs }])

  const writes: EveryWrite['writes'] = {
    createUser: { kind: 'createUser', user: fresh },
    updateProfile: { kind: 'updateProfile', userId: user.id, name: 'Grace' },
    verifyEmail: { kind: 'verifyEmail', userId: unproved.id, email: unproved.email },
    changeEmail: { kind: 'changeEmail', userId: moving.id, from: moving.email, to: anAddress() },
    blockUser: { kind: 'blockUser', userId: target.id, reason: null },
    unblockUser: { kind: 'unblockUser', userId: blocked.id },
    setRoles: { kind: 'setRoles', userId: user.id, roles: ['admin'] },
    resealPersonKey: { kind: 'resealPersonKey', userId: user.id, from: user.personKey, to: 'resealed' },
    raiseEpoch: { kind: 'raiseEpoch', userId: target.id },
    deleteUser: { kind: 'deleteUser', userId: doomed.id },
    addCredential: { kind: 'addCredential', credential: addedCredential },
    replaceCredentialSecret: {
      kind: 'replaceCredentialSecret',
      credentialId: credentials.changed.id,
      from: 'old',
      to: 'new',
    },
    updateCredentialData: {
      kind: 'updateCredentialData',
      credentialId: credentials.renamed.id,
      userId: user.id,
      from: 'old',
      to: 'new',
    },
    advanceTotpStep: { kind: 'advanceTotpStep', credentialId: credentials.stepped.id, step: 2 },
    bumpPasskeyCounter: {
      kind: 'bumpPasskeyCounter',
      credentialId: credentials.bumped.id,
      from: 1,
      to: 2,
    },
    putCredential: { kind: 'putCredential', credential: { ...credentials.put, secret: 'put' } },
    removeCredential: { kind: 'removeCredential', credentialId: credentials.removed.id, userId: user.id },
    removeCredentials: { kind: 'removeCredentials', userId: user.id, methods: ['totp'] },
    issueChallenge: { kind: 'issueChallenge', challenge: challenges.issued },
    consumeChallenge: { kind: 'consumeChallenge', challengeId: challenges.consumed.id },
    advanceChallenge: {
      kind: 'advanceChallenge',
      challengeId: challenges.advanced.id,
      version: 0,
      userId: null,
      codeDigest: aDigest(),
      codeExpiresAt: noon,
      sent: true,
      data: '[]',
    },
    cancelChallenges: { kind: 'cancelChallenges', userId: user.id, purposes: ['password-reset'] },
    openSession: { kind: 'openSession', session: sessions.opened },
    trimSessions: { kind: 'trimSessions', userId: unproved.id, keep: 0 },
    rotateRefresh: turn(sessions.rotated),
    renewSession: renewal(sessions.renewed),
    revokeSession: { kind: 'revokeSession', sessionId: sessions.revoked.id, userId: user.id, reason: 'signed_out' },
    revokeSessions: { kind: 'revokeSessions', userId: other.id, exceptSessionId: null, reason: 'revoked_by_admin' },
    touchSessions: { kind: 'touchSessions', seen: [{ sessionId: sessions.touched.id, at: noon + 1 }] },
    rememberDevice: { kind: 'rememberDevice', device: devices.remembered },
    forgetDevices: { kind: 'forgetDevices', userId: user.id, deviceId: devices.forgotten.id },
    addSigningKey: { kind: 'addSigningKey', key: keys.added },
    moveSigningKey: { kind: 'moveSigningKey', kid: keys.moved.kid, from: 'current', to: 'previous' },
    resealSigningKey: { kind: 'resealSigningKey', kid: keys.moved.kid, from: keys.moved.privateKey, to: 'resealed' },
    refundBudget: { kind: 'refundBudget', key, at: noon },
    enqueueMessage: { kind: 'enqueueMessage', message: messages.enqueued },
    leaseMessage: { kind: 'leaseMessage', messageId: messages.leased.id, leaseToken: 'mine', until: noon + minuteMs },
    settleMessage: {
      kind: 'settleMessage',
      messageId: messages.settled.id,
      leaseToken: 'lease',
      status: 'sent',
      nextAttemptAt: noon,
      error: null,
    },
    retryMessage: { kind: 'retryMessage', messageId: messages.retried.id },
    appendEvent: { kind: 'appendEvent', event },
    appendSeal: { kind: 'appendSeal', seal },
    appendChange: { kind: 'appendChange', userId: user.id, sessionId: null },
    removeExpired: { kind: 'removeExpired', what: 'challenges', before: noon, limit: 1 },
  }

  async function snapshot(): Promise<unknown> {
    const users = [user, unproved, blocked, fresh, doomed, target, other, moving]
    // The budget is asked with a charge that a full one refuses; one with room is left with what was given back.
    const probe = await storage.charge([{ kind: 'budget', key, limit: 1, windowMs: minuteMs }], noon)
    if (probe.ok) await commit(storage, [{ kind: 'refundBudget', key, at: noon }])
    return {
      subjects: await Promise.all(users.map(({ id }) => storage.findSubject(id))),
      challenges: await Promise.all([...Object.values(challenges), expired].map(({ id }) => storage.findChallenge(id))),
      sessions: await Promise.all(Object.values(sessions).map(({ id }) => storage.findSession(id))),
      devices: await Promise.all(Object.values(devices).map(({ id }) => storage.findDevice(id))),
      messages: await Promise.all(Object.values(messages).map(({ id }) => storage.findMessage(id))),
      keys: (await storage.listSigningKeys()).toSorted((a, b) => (a.kid < b.kid ? -1 : 1)),
      changes: await storage.listChanges({ after: 0, limit: 1_000 }),
      lastSeal: await storage.lastSeal(),
      hasEvent: await storage.hasEvent(event.id),
      hasRoom: probe.ok,
      counts: await storage.counts(noon),
    }
  }
  return { writes, receipt: event.id, snapshot }
}

export function inAnyOrder(writes: EveryWrite['writes']): readonly Write[] {
  return Object.values(writes)
}
