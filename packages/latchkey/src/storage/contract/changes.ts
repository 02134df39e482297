import { deepEqual, equal, ok } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import { systemSleep } from '../../platform/sleep.ts'
import type { Change } from '../../session/change.ts'
import type { Session, SessionId } from '../../session/session.ts'
import type { Touched } from '../../store/changes.ts'
import type { Write } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import type { ContractDatabase } from './contract.ts'
import { aCredential, anAddress, anEvent, aSession, aTokenSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit } from './outcomes.ts'
import { turn } from './refresh.ts'
import { renewal } from './renew.ts'

const later = noon + secondMs

/** The feed that caches of sessions live by: what takes something away is in it, and what a process commits it hears itself. */
export function changeCases<Database extends ContractDatabase>({ describe, it, subject }: Group<Database>): void {
  describe('the feed', () => {
    it('has what takes something away from a user, each commit once, however many of its writes do', async (storage) => {
      const { user } = await signedIn(storage)
      const unproved = aUser({ emailVerifiedAt: null })
      const credential = aCredential(user)
      await commit(storage, [
        { kind: 'createUser', user: unproved },
        { kind: 'addCredential', credential },
      ])
      const { id: userId } = user
      const taking: readonly (readonly Write[])[] = [
        [{ kind: 'setRoles', userId, roles: [] }],
        [{ kind: 'updateProfile', userId, name: 'Grace' }],
        [{ kind: 'changeEmail', userId, from: user.email, to: anAddress() }],
        [{ kind: 'removeCredential', userId, credentialId: credential.id }],
        [{ kind: 'removeCredentials', userId, methods: ['totp', 'passkey'] }],
        [{ kind: 'revokeSessions', userId, exceptSessionId: null, reason: 'revoked_by_user' }],
        [
          { kind: 'raiseEpoch', userId },
          { kind: 'appendEvent', event: anEvent() },
          { kind: 'setRoles', userId, roles: [] },
        ],
        [
          { kind: 'appendChange', userId, sessionId: null },
          { kind: 'raiseEpoch', userId },
        ],
        [{ kind: 'blockUser', userId, reason: null }],
        [{ kind: 'deleteUser', userId }],
      ]
      for (const writes of taking) {
        const changes = await changesBy(storage, () => commit(storage, writes, later))
        deepEqual(changes, [{ userId, sessionId: null, at: later }], writes.map(({ kind }) => kind).join())
      }
      const proved = await changesBy(storage, () =>
        commit(storage, [{ kind: 'verifyEmail', userId: unproved.id, email: unproved.email }]),
      )
      deepEqual(proved, [{ userId: unproved.id, sessionId: null, at: noon }])
    })

    it('names the session that alone is ended or gets other secrets', async (storage) => {
      const { user, session } = await signedIn(storage)
      const { id: userId } = user
      const { id: sessionId } = session
      const renewed = await changesBy(storage, () => commit(storage, [renewal(session)], later))
      deepEqual(renewed, [{ userId, sessionId, at: later }])
      const revoked = await changesBy(storage, () =>
        commit(storage, [{ kind: 'revokeSession', userId, sessionId, reason: 'signed_out' }], later),
      )
      deepEqual(revoked, [{ userId, sessionId, at: later }])
    })

    it('names the sessions that a further one pushes out, and those alone', async (storage) => {
      const { user, session: oldest } = await signedIn(storage)
      const [second, third] = [aSession(user), aSession(user)]
      const trim = { kind: 'trimSessions', userId: user.id, keep: 2 } as const
      const none = await changesBy(storage, () => commit(storage, [{ kind: 'openSession', session: second }, trim]))
      deepEqual(none, [])
      const pushed = await changesBy(storage, () =>
        commit(storage, [{ kind: 'openSession', session: third }, trim], later),
      )
      deepEqual(pushed, [{ userId: user.id, sessionId: oldest.id, at: later }])
    })

    it('says nothing of what gives, of visits and of turns, nor of what was lost', async (storage) => {
      const { user } = await signedIn(storage)
      const native = aTokenSession(user)
      const { id: userId } = user
      const changes = await changesBy(storage, async () => {
        await commit(storage, [{ kind: 'openSession', session: native }])
        await commit(storage, [turn(native)], later)
        await commit(storage, [{ kind: 'touchSessions', seen: [{ sessionId: native.id, at: later }] }], later)
        await commit(storage, [{ kind: 'addCredential', credential: aCredential(user) }])
        const lost = await storage.commit(
          [
            { kind: 'raiseEpoch', userId },
            { kind: 'revokeSession', userId: aUser().id, sessionId: native.id, reason: 'signed_out' },
          ],
          later,
        )
        equal(lost.ok, false)
      })
      deepEqual(changes, [])
    })
  })

  describe('lastChangeBefore', () => {
    it('is the newest of those made before, or nothing', async (storage) => {
      const { id: userId } = aUser()
      const longAgo = noon - 3_600_000
      for (const at of [longAgo, longAgo + 1, noon]) {
        await commit(storage, [{ kind: 'appendChange', userId, sessionId: null }], at)
      }
      equal(await storage.lastChangeBefore(longAgo), undefined)
      const changes = (await storage.listChanges({ after: 0, limit: 1_000 })).filter((each) => each.userId === userId)
      deepEqual(await storage.lastChangeBefore(longAgo + 1), changes[0])
      deepEqual(await storage.lastChangeBefore(noon), changes[1])
    })
  })

  describe('changeSignals', () => {
    it('tell this process what it commits, before the answer, and nothing that was lost', async (storage) => {
      const { user, session } = await signedIn(storage)
      const { id: userId } = user
      const heard: Touched[] = []
      const end = storage.changeSignals.subscribe((touched) => heard.push(...touched))
      const revoke = { kind: 'revokeSession', userId, sessionId: session.id, reason: 'signed_out' } as const
      await commit(storage, [revoke])
      deepEqual(unique(heard.splice(0)), unique([{ userId, sessionId: session.id }]))
      equal((await storage.commit([revoke], noon)).ok, false)
      await commit(storage, [{ kind: 'appendEvent', event: anEvent() }])
      deepEqual(heard, [])
      await commit(storage, [{ kind: 'setRoles', userId, roles: ['admin'] }])
      deepEqual(unique(heard.splice(0)), unique([{ userId, sessionId: null }]))
      end()
      await commit(storage, [{ kind: 'setRoles', userId, roles: [] }])
      deepEqual(heard, [])
    })

    it('have a version that stands still while nobody else commits', async (storage) => {
      const { version } = storage.changeSignals
      if (version === undefined) return
      const before = version()
      await signedIn(storage)
      equal(version(), before)
    })
  })

  const { openAnother } = subject.capabilities ?? {}
  if (openAnother === undefined) return
  describe('a change by another', () => {
    it('is another version, or wakes who listens, or is found by reading', async (storage, database) => {
      const another = await openAnother(database)
      const { version, listen } = storage.changeSignals
      const before = version?.()
      let hints = 0
      const end = listen?.(() => void hints++)
      try {
        // The first says that it listens.
        if (listen !== undefined) await until(() => hints > 0)
        hints = 0
        const { id: userId } = aUser()
        const changes = await changesBy(storage, () =>
          commit(another, [{ kind: 'appendChange', userId, sessionId: null }]),
        )
        deepEqual(changes, [{ userId, sessionId: null, at: noon }])
        if (version !== undefined) ok(version() !== before, 'the version is another one')
        if (listen !== undefined) await until(() => hints > 0)
      } finally {
        await end?.()
        await another.close()
      }
    })
  })
}

async function signedIn(storage: Storage): Promise<{ readonly user: User; readonly session: Session }> {
  const user = aUser()
  const session = aSession(user)
  await commit(storage, [
    { kind: 'createUser', user },
    { kind: 'openSession', session },
  ])
  return { user, session }
}

/** What `work` brings into the feed, each once. */
async function changesBy(
  storage: Storage,
  work: () => Promise<unknown>,
): Promise<readonly { readonly userId: string; readonly sessionId: SessionId | null; readonly at: number }[]> {
  const all = (): Promise<readonly Change[]> => storage.listChanges({ after: 0, limit: 10_000 })
  const before = (await all()).at(-1)?.sequence ?? 0
  await work()
  const changes = (await all()).filter(({ sequence }) => sequence > before)
  return changes.map(({ userId, sessionId, at }) => ({ userId, sessionId, at }))
}

function unique(touched: readonly Touched[]): readonly string[] {
  return [...new Set(touched.map(({ userId, sessionId }) => `${userId} ${sessionId}`))].sort()
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < 500 && !isSo(); waited++) await systemSleep(10)
  ok(isSo(), 'heard within five seconds')
}
