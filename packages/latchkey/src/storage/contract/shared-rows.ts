import { deepEqual, equal } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { Write } from '../../store/writes.ts'
import { withConnections, type Connections } from './connections.ts'
import type { ContractDatabase } from './contract.ts'
import { aChallenge, aCredential, anEvent, aSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { atOnce, callers, commit, storeOf } from './outcomes.ts'

/** Commits that meet on the same rows and may all succeed: none may be lost, doubled, or end in a deadlock. */
export function sharedRowCases<Database extends ContractDatabase>(group: Group<Database>): void {
  const together = (name: string, run: (stores: Connections) => Promise<void>): void =>
    group.it(name, async (_storage, database) => {
      await withConnections(group, database, async (stores) => {
        for (let round = 0; round < group.rounds; round++) await run(stores)
      })
    })

  together('fifty raises of one epoch raise it by fifty', async (stores) => {
    const [storage] = stores
    const user = aUser()
    await commit(storage, [{ kind: 'createUser', user }])
    await atOnce(callers, (caller) => commit(storeOf(stores, caller), [{ kind: 'raiseEpoch', userId: user.id }]))
    equal((await storage.findUser(user.id))?.epoch, callers)
  })

  together('fifty commits that list the same rows in opposite order all finish', async (stores) => {
    const [storage] = stores
    const [user, other] = [aUser(), aUser()]
    const [challenge, session] = [aChallenge({ userId: user.id }), aSession(user)]
    const credential = aCredential(user)
    await commit(storage, [
      { kind: 'createUser', user },
      { kind: 'createUser', user: other },
      { kind: 'issueChallenge', challenge },
      { kind: 'openSession', session },
      { kind: 'addCredential', credential },
    ])
    const { id: userId } = user
    await atOnce(callers, (caller) => {
      const writes: readonly Write[] = [
        { kind: 'updateProfile', userId, name: `caller ${caller}` },
        { kind: 'touchSessions', seen: [{ sessionId: session.id, at: noon + caller }] },
        { kind: 'cancelChallenges', userId, purposes: [challenge.purpose] },
        { kind: 'putCredential', credential: { ...credential, secret: `secret ${caller}` } },
        { kind: 'appendEvent', event: anEvent({ userId }) },
      ]
      return commit(storeOf(stores, caller), caller % 2 === 0 ? writes : writes.toReversed())
    })
    equal((await storage.findSession(session.id))?.session.lastSeenAt, noon + callers - 1)
    equal((await storage.listEvents({ limit: 200, userId })).items.length, callers)
    const found = await storage.findSubject(userId)
    const winner = found?.user.name?.replace('caller ', '')
    equal(found?.credentials[0]?.secret, `secret ${winner}`, 'the last commit wrote both rows')
  })

  together('fifty commits that lock two users in opposite order all finish', async (stores) => {
    const [storage] = stores
    const [one, two] = [aUser(), aUser()]
    await commit(storage, [
      { kind: 'createUser', user: one },
      { kind: 'createUser', user: two },
    ])
    await atOnce(callers, (caller) => {
      const [first, second] = caller % 2 === 0 ? [one, two] : [two, one]
      return commit(storeOf(stores, caller), [
        { kind: 'raiseEpoch', userId: first.id },
        { kind: 'raiseEpoch', userId: second.id },
      ])
    })
    const epochs = [await storage.findUser(one.id), await storage.findUser(two.id)].map((user) => user?.epoch)
    deepEqual(epochs, [callers, callers])
  })

  together('fifty reports of a session leave the latest time', async (stores) => {
    const [storage] = stores
    const user = aUser()
    const sessions = [aSession(user), aSession(user)] as const
    await commit(storage, [
      { kind: 'createUser', user },
      ...sessions.map((session) => ({ kind: 'openSession', session }) as const),
    ])
    await atOnce(callers, (caller) => {
      const seen = sessions.map(({ id: sessionId }) => ({ sessionId, at: noon + ((caller * 7) % callers) * secondMs }))
      const inOrder = caller % 2 === 0 ? seen : seen.toReversed()
      return commit(storeOf(stores, caller), [{ kind: 'touchSessions', seen: inOrder }])
    })
    for (const { id } of sessions) {
      equal((await storage.findSession(id))?.session.lastSeenAt, noon + (callers - 1) * secondMs)
    }
  })

  together('fifty sign-ins of one user keep as many sessions as they may', async (stores) => {
    const [storage] = stores
    const user = aUser()
    await commit(storage, [{ kind: 'createUser', user }])
    await atOnce(callers, (caller) =>
      commit(storeOf(stores, caller), [
        { kind: 'openSession', session: aSession(user) },
        { kind: 'trimSessions', userId: user.id, keep: 5 },
      ]),
    )
    equal((await storage.listSessions(user.id, noon)).length, 5)
  })

  together('a user who is deleted while sessions open leaves none behind', async (stores) => {
    const [storage] = stores
    const user = aUser()
    await commit(storage, [{ kind: 'createUser', user }])
    const sessions = Array.from({ length: callers }, () => aSession(user))
    await atOnce(callers, (caller) => {
      const session = sessions[caller] ?? aSession(user)
      const write: Write = caller === 25 ? { kind: 'deleteUser', userId: user.id } : { kind: 'openSession', session }
      return storeOf(stores, caller).commit([write], noon)
    })
    equal(await storage.findUser(user.id), undefined)
    deepEqual(await storage.listSessions(user.id, noon), [])
  })
}
