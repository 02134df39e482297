import { deepEqual, equal, notDeepEqual } from 'node:assert/strict'
import { lostReasons } from '../../store/lost-reasons.ts'
import type { Write } from '../../store/writes.ts'
import {
  aChallenge,
  aCredential,
  aDevice,
  aMessage,
  anEvent,
  aSeal,
  aSession,
  aUser,
  noon,
  present,
} from './fixtures.ts'
import { everyWrite, inAnyOrder } from './every-write.ts'
import type { Group } from './group.ts'
import { commit } from './outcomes.ts'

export function commitCases({ describe, it }: Group): void {
  describe('commit', () => {
    it('does nothing for nothing', async (storage) => {
      deepEqual(await storage.commit([], noon), { ok: true, changed: [] })
    })

    it('applies one write of every kind at once', async (storage) => {
      const { writes, snapshot } = await everyWrite(storage)
      const before = await snapshot()
      const changed = await commit(storage, inAnyOrder(writes))
      for (const [index, { kind }] of inAnyOrder(writes).entries()) equal(changed[index], 1, `${kind} touched a row`)
      notDeepEqual(await snapshot(), before)
    })

    it('leaves nothing of any kind of write when the last one loses', async (storage) => {
      const { writes, snapshot } = await everyWrite(storage)
      const taken = writes.appendSeal.seal.sequence
      await commit(storage, [{ kind: 'appendSeal', seal: aSeal(taken) }])
      const before = await snapshot()
      const list = inAnyOrder(writes)
      const index = list.indexOf(writes.appendSeal)
      deepEqual(await storage.commit(list, noon), { ok: false, lost: { index, reason: 'seal_taken' } })
      deepEqual(await snapshot(), before)
    })

    it('leaves nothing when the first one loses', async (storage) => {
      const { writes, snapshot } = await everyWrite(storage)
      await commit(storage, [{ kind: 'createUser', user: aUser({ email: writes.createUser.user.email }) }])
      const before = await snapshot()
      deepEqual(await storage.commit(inAnyOrder(writes), noon), {
        ok: false,
        lost: { index: 0, reason: 'email_taken' },
      })
      deepEqual(await snapshot(), before)
    })

    it('leaves nothing when it is made a second time', async (storage) => {
      const { writes, snapshot } = await everyWrite(storage)
      // Only the guarded: a plain insert under an id that is taken is a fault, not a loss.
      const guarded = inAnyOrder(writes).filter(({ kind }) => lostReasons[kind] !== null)
      await commit(storage, guarded)
      const after = await snapshot()
      const again = [...guarded, { kind: 'appendEvent', event: anEvent({ id: writes.appendEvent.event.id }) } as const]
      equal((await storage.commit(again, noon)).ok, false)
      deepEqual(await snapshot(), after)
    })

    it('names the loser by its place in the caller’s list, though it applies in lock order', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      const winners: readonly Write[] = [
        { kind: 'appendEvent', event: anEvent() },
        { kind: 'enqueueMessage', message: aMessage() },
        { kind: 'issueChallenge', challenge: aChallenge() },
        { kind: 'setRoles', userId: user.id, roles: [] },
      ]
      const loser: Write = { kind: 'consumeChallenge', challengeId: aChallenge().id }
      for (const index of [0, 1, 2, 3, 4]) {
        const result = await storage.commit(winners.toSpliced(index, 0, loser), noon)
        deepEqual(result, { ok: false, lost: { index, reason: 'challenge_spent' } })
      }
      await commit(storage, winners)
    })

    it('builds on its own writes, in whatever order they are given', async (storage) => {
      const user = aUser()
      const credential = aCredential(user)
      const session = aSession(user)
      const device = aDevice(user)
      const challenge = aChallenge({ userId: user.id })
      const event = anEvent({ userId: user.id })
      await commit(storage, [
        { kind: 'appendEvent', event },
        { kind: 'rememberDevice', device },
        { kind: 'addCredential', credential },
        { kind: 'issueChallenge', challenge },
        { kind: 'openSession', session },
        { kind: 'createUser', user },
      ])
      deepEqual(await storage.findSubject(user.id), { user, credentials: [credential] })
      deepEqual(await storage.findSession(session.id), { session, user })
      deepEqual(await storage.findDevice(device.id), { device, email: user.email })
      deepEqual(await storage.findChallenge(challenge.id), challenge)
      equal(await storage.hasEvent(event.id), true)
    })

    it('counts for each write of the caller’s list the rows that it touched', async (storage) => {
      const user = aUser()
      const sessions = [aSession(user), aSession(user), aSession(user)]
      const credentials = [aCredential(user), aCredential(user)]
      await commit(storage, [
        { kind: 'createUser', user },
        ...sessions.map((session) => ({ kind: 'openSession', session }) as const),
        ...credentials.map((credential) => ({ kind: 'addCredential', credential }) as const),
      ])
      const { id: userId } = user
      const keepSessionId = present(sessions[0]).id
      const changed = await commit(storage, [
        { kind: 'appendEvent', event: anEvent() },
        { kind: 'removeCredentials', userId, methods: ['passkey'] },
        { kind: 'revokeSessions', userId, exceptSessionId: keepSessionId, reason: 'password_changed' },
        { kind: 'raiseEpoch', userId, keepSessionId },
        { kind: 'cancelChallenges', userId, purposes: ['sign-in'] },
      ])
      deepEqual(changed, [1, 2, 2, 1, 0])
    })
  })
}
