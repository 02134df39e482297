import { deepEqual, equal } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import {
  aChallenge,
  aCredential,
  aDevice,
  aMessage,
  anAddress,
  anEvent,
  aSession,
  aUser,
  noon,
  present,
} from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs

export function userCases({ describe, it }: Group): void {
  describe('createUser', () => {
    it('stores the user as given', async (storage) => {
      const user = aUser({ roles: ['user', 'admin'], blockedAt: noon, blockedReason: 'spam', epoch: 3 })
      await commit(storage, [{ kind: 'createUser', user }])
      deepEqual(await storage.findUser(user.id), user)
      deepEqual(await storage.findUserByEmail(user.email), user)
    })

    it('loses as email_taken when the address has a user', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      const second = aUser({ email: user.email })
      await loses(storage, { kind: 'createUser', user: second })
      equal(await storage.findUser(second.id), undefined)
    })

    it('frees the address when the user is deleted', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'deleteUser', userId: user.id }])
      const second = aUser({ email: user.email })
      await commit(storage, [{ kind: 'createUser', user: second }])
      deepEqual(await storage.findUserByEmail(user.email), second)
    })
  })

  describe('updateProfile', () => {
    it('replaces the given fields and keeps the others', async (storage) => {
      const user = aUser({ name: 'Ada', locale: 'en' })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'updateProfile', userId: user.id, name: 'Grace' }], later)
      deepEqual(await storage.findUser(user.id), { ...user, name: 'Grace', updatedAt: later })
      await commit(storage, [{ kind: 'updateProfile', userId: user.id, locale: 'de' }], later)
      deepEqual(await storage.findUser(user.id), { ...user, name: 'Grace', locale: 'de', updatedAt: later })
    })

    it('empties a field that is given as null', async (storage) => {
      const user = aUser({ name: 'Ada', locale: 'en' })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'updateProfile', userId: user.id, name: null, locale: null }], later)
      deepEqual(await storage.findUser(user.id), { ...user, name: null, locale: null, updatedAt: later })
    })

    it('counts as done when it changes nothing', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'updateProfile', userId: user.id, name: user.name }], user.updatedAt)
      deepEqual(await storage.findUser(user.id), user)
    })

    it('loses as unknown_user when there is no such user', async (storage) => {
      await loses(storage, { kind: 'updateProfile', userId: aUser().id, name: 'Grace' })
    })
  })

  describe('verifyEmail', () => {
    it('notes when the address was proved', async (storage) => {
      const user = aUser({ emailVerifiedAt: null })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'verifyEmail', userId: user.id, email: user.email }], later)
      deepEqual(await storage.findUser(user.id), { ...user, emailVerifiedAt: later, updatedAt: later })
    })

    it('loses as not_applicable when it was proved before', async (storage) => {
      const user = aUser({ emailVerifiedAt: noon })
      await commit(storage, [{ kind: 'createUser', user }])
      await loses(storage, { kind: 'verifyEmail', userId: user.id, email: user.email }, later)
      equal((await storage.findUser(user.id))?.emailVerifiedAt, noon)
    })

    it('loses as not_applicable when the user has another address by now', async (storage) => {
      const user = aUser({ emailVerifiedAt: null })
      await commit(storage, [{ kind: 'createUser', user }])
      await loses(storage, { kind: 'verifyEmail', userId: user.id, email: anAddress() })
    })

    it('loses as not_applicable when there is no such user', async (storage) => {
      await loses(storage, { kind: 'verifyEmail', userId: aUser().id, email: anAddress() })
    })
  })

  describe('blockUser', () => {
    it('blocks the user and raises the epoch', async (storage) => {
      const user = aUser({ epoch: 4 })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'blockUser', userId: user.id, reason: 'spam' }], later)
      const blocked = { ...user, blockedAt: later, blockedReason: 'spam', epoch: 5, updatedAt: later }
      deepEqual(await storage.findUser(user.id), blocked)
    })

    it('loses as not_applicable when the user is blocked', async (storage) => {
      const user = aUser({ blockedAt: noon, blockedReason: 'spam' })
      await commit(storage, [{ kind: 'createUser', user }])
      await loses(storage, { kind: 'blockUser', userId: user.id, reason: 'other' })
      deepEqual(await storage.findUser(user.id), user)
    })

    it('loses as not_applicable when there is no such user', async (storage) => {
      await loses(storage, { kind: 'blockUser', userId: aUser().id, reason: null })
    })
  })

  describe('unblockUser', () => {
    it('lifts the block and leaves the epoch', async (storage) => {
      const user = aUser({ blockedAt: noon, blockedReason: 'spam', epoch: 5 })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'unblockUser', userId: user.id }], later)
      deepEqual(await storage.findUser(user.id), { ...user, blockedAt: null, blockedReason: null, updatedAt: later })
    })

    it('loses as not_applicable when the user is not blocked', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      await loses(storage, { kind: 'unblockUser', userId: user.id }, later)
    })

    it('loses as not_applicable when there is no such user', async (storage) => {
      await loses(storage, { kind: 'unblockUser', userId: aUser().id })
    })
  })

  describe('setRoles', () => {
    it('replaces the roles', async (storage) => {
      const user = aUser({ roles: ['user'] })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'setRoles', userId: user.id, roles: ['admin', 'editor'] }], later)
      deepEqual(await storage.findUser(user.id), { ...user, roles: ['admin', 'editor'], updatedAt: later })
      await commit(storage, [{ kind: 'setRoles', userId: user.id, roles: [] }], later)
      deepEqual((await storage.findUser(user.id))?.roles, [])
    })

    it('loses as unknown_user when there is no such user', async (storage) => {
      await loses(storage, { kind: 'setRoles', userId: aUser().id, roles: [] })
    })
  })

  epochCases({ describe, it })
  deleteCases({ describe, it })
}

function epochCases({ describe, it }: Pick<Group, 'describe' | 'it'>): void {
  describe('raiseEpoch', () => {
    it('raises the epoch by one, from any or from the given one', async (storage) => {
      const user = aUser({ epoch: 7 })
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id }])
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id, from: 8 }])
      equal((await storage.findUser(user.id))?.epoch, 9)
    })

    it('carries the kept session over and no other', async (storage) => {
      const user = aUser()
      const [kept, other] = [aSession(user), aSession(user)]
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'openSession', session: kept },
        { kind: 'openSession', session: other },
      ])
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id, keepSessionId: kept.id }])
      deepEqual((await storage.findSession(kept.id))?.session, { ...kept, epoch: 1 })
      deepEqual((await storage.findSession(other.id))?.session, other)
    })

    it('does not wake a session that is over, dead by its epoch, or of another user', async (storage) => {
      const [user, stranger] = [aUser(), aUser()]
      const [old, foreign] = [aSession(user), aSession(stranger)]
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'createUser', user: stranger },
        ...[old, foreign].map((session) => ({ kind: 'openSession', session }) as const),
      ])
      for (const over of [{ revokedAt: noon, revokedReason: 'signed_out' }, { expiresAt: noon }] as const) {
        const owner = aUser()
        const session = aSession(owner, over)
        await commit(storage, [
          { kind: 'createUser', user: owner },
          { kind: 'openSession', session },
        ])
        await commit(storage, [{ kind: 'raiseEpoch', userId: owner.id, keepSessionId: session.id }])
        deepEqual((await storage.findSession(session.id))?.session, session)
      }
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id }])
      for (const session of [old, foreign]) {
        await commit(storage, [{ kind: 'raiseEpoch', userId: user.id, keepSessionId: session.id }])
        deepEqual((await storage.findSession(session.id))?.session, session)
      }
    })

    it('loses as epoch_changed when the epoch is not the given one', async (storage) => {
      const user = aUser({ epoch: 2 })
      await commit(storage, [{ kind: 'createUser', user }])
      await loses(storage, { kind: 'raiseEpoch', userId: user.id, from: 1 })
      equal((await storage.findUser(user.id))?.epoch, 2)
    })

    it('loses as epoch_changed when there is no such user', async (storage) => {
      await loses(storage, { kind: 'raiseEpoch', userId: aUser().id })
    })
  })
}

function deleteCases({ describe, it }: Pick<Group, 'describe' | 'it'>): void {
  describe('deleteUser', () => {
    it('removes what hangs on the user and leaves events, settled mail and everybody else', async (storage) => {
      const [user, other] = [aUser(), aUser()]
      const rows = [user, other].map((owner) => ({
        credential: aCredential(owner),
        session: aSession(owner),
        device: aDevice(owner),
        challenge: aChallenge({ userId: owner.id }),
        queued: aMessage({ userId: owner.id }),
        sent: aMessage({ userId: owner.id, status: 'sent', settledAt: noon, data: '' }),
        event: anEvent({ userId: owner.id }),
      }))
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'createUser', user: other },
        ...rows.flatMap(
          ({ credential, session, device, challenge, queued, sent, event }) =>
            [
              { kind: 'addCredential', credential },
              { kind: 'openSession', session },
              { kind: 'rememberDevice', device },
              { kind: 'issueChallenge', challenge },
              { kind: 'enqueueMessage', message: queued },
              { kind: 'enqueueMessage', message: sent },
              { kind: 'appendEvent', event },
            ] as const,
        ),
      ])
      await commit(storage, [{ kind: 'deleteUser', userId: user.id }])

      const gone = present(rows[0])
      equal(await storage.findUser(user.id), undefined)
      equal(await storage.findSubject(user.id), undefined)
      equal(await storage.findSession(gone.session.id), undefined)
      deepEqual(await storage.listSessions(user.id, noon), [])
      equal(await storage.findDevice(gone.device.id), undefined)
      equal(await storage.findChallenge(gone.challenge.id), undefined)
      equal(await storage.findMessage(gone.queued.id), undefined)
      deepEqual(await storage.findMessage(gone.sent.id), gone.sent)
      equal(await storage.hasEvent(gone.event.id), true)

      const here = present(rows[1])
      deepEqual(await storage.findSubject(other.id), { user: other, credentials: [here.credential] })
      deepEqual((await storage.findSession(here.session.id))?.session, here.session)
      deepEqual((await storage.findDevice(here.device.id))?.device, here.device)
      deepEqual(await storage.findChallenge(here.challenge.id), here.challenge)
      deepEqual(await storage.findMessage(here.queued.id), here.queued)
    })

    it('frees the identifiers of the credentials', async (storage) => {
      const [user, next] = [aUser(), aUser()]
      const credential = aCredential(user)
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'createUser', user: next },
        { kind: 'addCredential', credential },
      ])
      await commit(storage, [{ kind: 'deleteUser', userId: user.id }])
      const again = aCredential(next, { identifier: credential.identifier })
      await commit(storage, [{ kind: 'addCredential', credential: again }])
    })

    it('loses as unknown_user when there is no such user', async (storage) => {
      await loses(storage, { kind: 'deleteUser', userId: aUser().id })
    })
  })
}
