import { deepEqual, equal } from 'node:assert/strict'
import { dayMs, minuteMs } from '../../platform/clock.ts'
import type { Expirable, WriteOf } from '../../store/writes.ts'
import { aChallenge, aDevice, aKey, aMessage, anEvent, aSession, aSigningKey, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { charge, commit, refuses } from './outcomes.ts'

const before = noon + dayMs

export function retentionCases({ describe, it }: Group): void {
  describe('removeExpired', () => {
    it('removes challenges by their end, spent or not', async (storage) => {
      const ended = aChallenge({ expiresAt: before - 1 })
      const spentAndEnded = aChallenge({ expiresAt: before - 1, consumedAt: noon })
      const spent = aChallenge({ expiresAt: before, consumedAt: noon })
      for (const challenge of [ended, spentAndEnded, spent]) {
        await commit(storage, [{ kind: 'issueChallenge', challenge }])
      }
      deepEqual(await commit(storage, [remove('challenges')]), [2])
      equal(await storage.findChallenge(ended.id), undefined)
      equal(await storage.findChallenge(spentAndEnded.id), undefined)
      deepEqual(await storage.findChallenge(spent.id), spent)
    })

    it('removes sessions by their revocation, else by their end', async (storage) => {
      const user = aUser()
      const ended = aSession(user, { expiresAt: before - 1 })
      const revoked = aSession(user, { revokedAt: before - 1, revokedReason: 'signed_out' })
      const live = aSession(user, { expiresAt: before })
      const justRevoked = aSession(user, { revokedAt: before, revokedReason: 'signed_out', expiresAt: before - 1 })
      await commit(storage, [
        { kind: 'createUser', user },
        ...[ended, revoked, live, justRevoked].map((session) => ({ kind: 'openSession', session }) as const),
      ])
      deepEqual(await commit(storage, [remove('sessions')]), [2])
      for (const { id } of [ended, revoked]) equal(await storage.findSession(id), undefined)
      for (const session of [live, justRevoked]) deepEqual((await storage.findSession(session.id))?.session, session)
    })

    it('removes devices by their end', async (storage) => {
      const user = aUser()
      const [ended, known] = [aDevice(user, { expiresAt: before - 1 }), aDevice(user, { expiresAt: before })]
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'rememberDevice', device: ended },
        { kind: 'rememberDevice', device: known },
      ])
      deepEqual(await commit(storage, [remove('devices')]), [1])
      equal(await storage.findDevice(ended.id), undefined)
      deepEqual((await storage.findDevice(known.id))?.device, known)
    })

    it('removes messages by their settlement and keeps the queued ones', async (storage) => {
      const settled = aMessage({ status: 'sent', settledAt: before - 1, data: '' })
      const justSettled = aMessage({ status: 'failed', settledAt: before, data: '' })
      const queued = aMessage({ createdAt: 0, nextAttemptAt: 0, notAfter: 0 })
      for (const message of [settled, justSettled, queued]) {
        await commit(storage, [{ kind: 'enqueueMessage', message }])
      }
      deepEqual(await commit(storage, [remove('messages')]), [1])
      equal(await storage.findMessage(settled.id), undefined)
      for (const message of [justSettled, queued]) deepEqual(await storage.findMessage(message.id), message)
    })

    it('removes budgets by their last charge', async (storage) => {
      const window = { limit: 2, windowMs: 2 * dayMs }
      const [old, used] = [
        { kind: 'budget', key: aKey(), ...window } as const,
        { kind: 'budget', key: aKey(), ...window } as const,
      ]
      for (const at of [before - 2, before - 1]) await charge(storage, [old], at)
      for (const at of [before - 1, before]) await charge(storage, [used], at)
      deepEqual(await commit(storage, [remove('budgets')]), [1])
      await refuses(storage, [used], before, { retryAfterSeconds: 2 * 86_400 })
      await charge(storage, [old], before)
      await charge(storage, [old], before)
    })

    it('removes changes by their time', async (storage) => {
      const { id: userId } = aUser()
      await commit(storage, [{ kind: 'appendChange', userId, sessionId: null }], before - 1)
      await commit(storage, [{ kind: 'appendChange', userId, sessionId: null }], before)
      deepEqual(await commit(storage, [remove('changes')]), [1])
      const left = await storage.listChanges({ after: 0, limit: 10 })
      deepEqual(
        left.map(({ at }) => at),
        [before],
      )
    })

    it('removes signing keys by the time when they retired, and only previous ones', async (storage) => {
      const old = aSigningKey({ state: 'previous', retiredAt: before - 1 })
      const kept = [aSigningKey({ state: 'previous', retiredAt: before }), aSigningKey({ createdAt: 0 })]
      for (const key of [old, ...kept]) await commit(storage, [{ kind: 'addSigningKey', key }])
      deepEqual(await commit(storage, [remove('signing-keys')]), [1])
      const left = await storage.listSigningKeys()
      deepEqual(
        left.toSorted((a, b) => (a.kid < b.kid ? -1 : 1)),
        kept,
      )
    })

    it('removes events by their time', async (storage) => {
      const [old, kept] = [anEvent({ at: before - 1 }), anEvent({ at: before })]
      await commit(storage, [
        { kind: 'appendEvent', event: old },
        { kind: 'appendEvent', event: kept },
      ])
      deepEqual(await commit(storage, [remove('events')]), [1])
      deepEqual([await storage.hasEvent(old.id), await storage.hasEvent(kept.id)], [false, true])
    })

    it('removes at most as many as it may, and the rest the next time', async (storage) => {
      const ended = Array.from({ length: 5 }, () => aChallenge({ expiresAt: noon }))
      for (const challenge of ended) await commit(storage, [{ kind: 'issueChallenge', challenge }])
      const some = { ...remove('challenges'), before: noon + minuteMs, limit: 3 }
      deepEqual(await commit(storage, [some]), [3])
      deepEqual(await commit(storage, [some]), [2])
      deepEqual(await commit(storage, [some]), [0])
    })
  })
}

function remove(what: Expirable): WriteOf<'removeExpired'> {
  return { kind: 'removeExpired', what, before, limit: 1_000 }
}
