import { deepEqual, equal } from 'node:assert/strict'
import { minuteMs, secondMs } from '../../platform/clock.ts'
import type { Session } from '../../session/session.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import { anId, aSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs

export function sessionCases({ describe, it }: Group): void {
  describe('openSession', () => {
    it('stores the session as given and finds it with its user', async (storage) => {
      const user = await signedUp(storage)
      const session = aSession(user)
      await commit(storage, [{ kind: 'openSession', session }])
      deepEqual(await storage.findSession(session.id), { session, user })
    })

    it('loses as epoch_changed when the epoch was raised', async (storage) => {
      const user = await signedUp(storage)
      const session = aSession(user)
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id }])
      await loses(storage, { kind: 'openSession', session })
      equal(await storage.findSession(session.id), undefined)
    })

    it('loses as epoch_changed when the user is blocked', async (storage) => {
      const user = await signedUp(storage, { blockedAt: noon })
      await loses(storage, { kind: 'openSession', session: aSession(user) })
    })

    it('loses as epoch_changed when there is no such user', async (storage) => {
      await loses(storage, { kind: 'openSession', session: aSession(aUser()) })
    })

    it('sees the epoch as the same commit leaves it', async (storage) => {
      const user = await signedUp(storage)
      const [old, fresh] = [aSession(user), aSession({ ...user, epoch: 1 })]
      const raise = { kind: 'raiseEpoch', userId: user.id } as const
      const refused = await storage.commit([{ kind: 'openSession', session: old }, raise], noon)
      deepEqual(refused, { ok: false, lost: { index: 0, reason: 'epoch_changed' } })
      await commit(storage, [{ kind: 'openSession', session: fresh }, raise])
    })
  })

  describe('findSession', () => {
    it('judges nothing: it finds what is revoked, expired, of another epoch or of a blocked user', async (storage) => {
      const user = await signedUp(storage)
      const revoked = aSession(user, { revokedAt: noon, revokedReason: 'signed_out' })
      const expired = aSession(user, { expiresAt: noon - 1 })
      await open(storage, revoked, expired)
      await commit(storage, [{ kind: 'blockUser', userId: user.id, reason: null }])
      const blocked = { ...user, epoch: 1, blockedAt: noon }
      deepEqual(await storage.findSession(revoked.id), { session: revoked, user: blocked })
      deepEqual(await storage.findSession(expired.id), { session: expired, user: blocked })
    })

    it('finds none under an unknown id', async (storage) => {
      equal(await storage.findSession(aSession(aUser()).id), undefined)
    })
  })

  describe('listSessions', () => {
    it('lists the user’s sessions newest first, without the revoked and those past their end', async (storage) => {
      const user = await signedUp(storage)
      const stranger = await signedUp(storage)
      const first = aSession(user, { expiresAt: later + 1 })
      const second = aSession(user)
      const revoked = aSession(user, { revokedAt: noon, revokedReason: 'signed_out' })
      const expired = aSession(user, { expiresAt: later })
      await open(storage, second, first, revoked, expired, aSession(stranger))
      deepEqual(await storage.listSessions(user.id, later), [second, first])
      deepEqual(await storage.listSessions(aUser().id, later), [])
    })
  })

  describe('trimSessions', () => {
    it('revokes the oldest live sessions beyond the newest, and counts them', async (storage) => {
      const user = await signedUp(storage)
      const live = [aSession(user), aSession(user), aSession(user), aSession(user)] as const
      const over = aSession(user, { revokedAt: noon, revokedReason: 'signed_out' })
      const expired = aSession(user, { expiresAt: noon })
      const foreign = aSession(await signedUp(storage))
      await open(storage, ...live, over, expired, foreign)
      deepEqual(await commit(storage, [{ kind: 'trimSessions', userId: user.id, keep: 2 }], later), [2])
      deepEqual(await storage.listSessions(user.id, noon), [live[3], live[2]])
      const trimmed = { ...live[0], revokedAt: later, revokedReason: 'too_many_sessions' }
      deepEqual((await storage.findSession(live[0].id))?.session, trimmed)
      for (const kept of [over, expired, foreign]) deepEqual((await storage.findSession(kept.id))?.session, kept)
    })

    it('leaves a user who has fewer', async (storage) => {
      const user = await signedUp(storage)
      const session = aSession(user)
      await open(storage, session)
      deepEqual(await commit(storage, [{ kind: 'trimSessions', userId: user.id, keep: 1 }]), [0])
      deepEqual(await storage.listSessions(user.id, noon), [session])
    })

    it('counts the session that the same commit opens', async (storage) => {
      const user = await signedUp(storage)
      const [old, fresh] = [aSession(user), aSession(user)]
      await open(storage, old)
      const writes = [
        { kind: 'trimSessions', userId: user.id, keep: 1 },
        { kind: 'openSession', session: fresh },
      ] as const
      deepEqual(await commit(storage, writes), [1, 1])
      deepEqual(await storage.listSessions(user.id, noon), [fresh])
    })
  })

  revocationCases({ describe, it })

  describe('touchSessions', () => {
    it('raises the time of each session that was seen, never lowers it, and ignores the unknown', async (storage) => {
      const user = await signedUp(storage)
      const [first, second, third] = [aSession(user), aSession(user), aSession(user)]
      await open(storage, first, second, third)
      const seen = [
        { sessionId: first.id, at: noon + minuteMs },
        { sessionId: second.id, at: noon - minuteMs },
        { sessionId: aSession(user).id, at: noon + minuteMs },
      ]
      await commit(storage, [{ kind: 'touchSessions', seen }], noon + minuteMs)
      deepEqual((await storage.findSession(first.id))?.session, { ...first, lastSeenAt: noon + minuteMs })
      for (const kept of [second, third]) deepEqual((await storage.findSession(kept.id))?.session, kept)
    })

    it('takes hundreds of sessions, and none', async (storage) => {
      const user = await signedUp(storage)
      const session = aSession(user)
      await open(storage, session)
      const strangers = Array.from({ length: 500 }, () => ({ sessionId: aSession(user).id, at: later }))
      const seen = [...strangers, { sessionId: session.id, at: later }]
      deepEqual(await commit(storage, [{ kind: 'touchSessions', seen }]), [1])
      deepEqual(await commit(storage, [{ kind: 'touchSessions', seen: [] }]), [0])
      equal((await storage.findSession(session.id))?.session.lastSeenAt, later)
    })
  })
}

function revocationCases({ describe, it }: Pick<Group, 'describe' | 'it'>): void {
  describe('revokeSession', () => {
    it('ends the session with its reason', async (storage) => {
      const user = await signedUp(storage)
      const [session, other] = [aSession(user), aSession(user)]
      await open(storage, session, other)
      await commit(storage, [revoke(session)], later)
      const revoked = { ...session, revokedAt: later, revokedReason: 'signed_out' }
      deepEqual((await storage.findSession(session.id))?.session, revoked)
      deepEqual((await storage.findSession(other.id))?.session, other)
    })

    it('loses as session_over when it was revoked', async (storage) => {
      const session = aSession(await signedUp(storage))
      await open(storage, session)
      await commit(storage, [revoke(session)])
      await loses(storage, { ...revoke(session), reason: 'revoked_by_admin' }, later)
      const found = (await storage.findSession(session.id))?.session
      deepEqual([found?.revokedAt, found?.revokedReason], [noon, 'signed_out'])
    })

    it('loses as session_over when it is another user’s', async (storage) => {
      const session = aSession(await signedUp(storage))
      const stranger = await signedUp(storage)
      await open(storage, session)
      await loses(storage, { ...revoke(session), userId: stranger.id })
      deepEqual((await storage.findSession(session.id))?.session, session)
    })

    it('loses as session_over when there is no such session', async (storage) => {
      await loses(storage, revoke(aSession(await signedUp(storage))))
    })
  })

  describe('revokeSessions', () => {
    it('ends every live session of the user and counts them', async (storage) => {
      const user = await signedUp(storage)
      const [first, second] = [aSession(user), aSession(user)]
      const over = aSession(user, { revokedAt: noon, revokedReason: 'signed_out' })
      const foreign = aSession(await signedUp(storage))
      await open(storage, first, second, over, foreign)
      const { id: userId } = user
      const write = { kind: 'revokeSessions', userId, exceptSessionId: null, reason: 'password_reset' } as const
      deepEqual(await commit(storage, [write], later), [2])
      for (const session of [first, second]) {
        const revoked = { ...session, revokedAt: later, revokedReason: 'password_reset' }
        deepEqual((await storage.findSession(session.id))?.session, revoked)
      }
      for (const kept of [over, foreign]) deepEqual((await storage.findSession(kept.id))?.session, kept)
    })

    it('spares the one session', async (storage) => {
      const user = await signedUp(storage)
      const [kept, other] = [aSession(user), aSession(user)]
      await open(storage, kept, other)
      const { id: userId } = user
      const reason = 'revoked_by_user'
      deepEqual(await commit(storage, [{ kind: 'revokeSessions', userId, exceptSessionId: kept.id, reason }]), [1])
      deepEqual(await storage.listSessions(userId, noon), [kept])
    })

    it('is no loss when there is nothing to end', async (storage) => {
      const { id: userId } = await signedUp(storage)
      const reason = 'revoked_by_user'
      deepEqual(await commit(storage, [{ kind: 'revokeSessions', userId, exceptSessionId: null, reason }]), [0])
    })
  })
}

async function signedUp(storage: Storage, fields: Partial<User> = {}): Promise<User> {
  const user = aUser({ name: anId(), ...fields })
  await commit(storage, [{ kind: 'createUser', user }])
  return user
}

async function open(storage: Storage, ...sessions: readonly Session[]): Promise<void> {
  await commit(
    storage,
    sessions.map((session) => ({ kind: 'openSession', session })),
  )
}

function revoke({ id, userId }: Session): WriteOf<'revokeSession'> {
  return { kind: 'revokeSession', sessionId: id, userId, reason: 'signed_out' }
}
