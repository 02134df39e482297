import { deepEqual } from 'node:assert/strict'
import { dayMs, secondMs } from '../../platform/clock.ts'
import type { Session } from '../../session/session.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import { aDigest, aSession, aTokenSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs

export function refreshCases({ describe, it }: Group): void {
  describe('rotateRefresh', () => {
    it('turns the token: the presented turn becomes the previous one', async (storage) => {
      const { session } = await opened(storage)
      const write = turn(session)
      await commit(storage, [write], later)
      deepEqual(await stored(storage, session), {
        ...session,
        turnDigest: write.nextTurnDigest,
        previousTurnDigest: session.turnDigest,
        turnSalt: write.salt,
        turnedAt: later,
        lastSeenAt: later,
      })
      await commit(storage, [turn({ ...session, turnDigest: write.nextTurnDigest })], later + secondMs)
    })

    it('never lowers the time at which the session was last seen', async (storage) => {
      const { session } = await opened(storage, { lastSeenAt: later })
      await commit(storage, [turn(session)], noon)
      const turned = await stored(storage, session)
      deepEqual([turned?.turnedAt, turned?.lastSeenAt], [noon, later])
    })

    it('loses as turn_lost when the turn was taken', async (storage) => {
      const { session } = await opened(storage)
      await commit(storage, [turn(session)], later)
      await losesUnchanged(storage, session, turn(session))
    })

    it('loses as turn_lost for another family or another turn', async (storage) => {
      const { session } = await opened(storage)
      await losesUnchanged(storage, session, { ...turn(session), familyDigest: aDigest() })
      await losesUnchanged(storage, session, { ...turn(session), turnDigest: aDigest() })
    })

    it('loses as turn_lost in cookie mode', async (storage) => {
      const { session } = await opened(storage, { mode: 'cookie' })
      await losesUnchanged(storage, session, turn(session))
    })

    it('loses as turn_lost when the session was revoked', async (storage) => {
      const { session } = await opened(storage, { revokedAt: noon, revokedReason: 'signed_out' })
      await losesUnchanged(storage, session, turn(session))
    })

    it('loses as turn_lost from the moment of its absolute end, and not before', async (storage) => {
      const { session } = await opened(storage, { expiresAt: later })
      await losesUnchanged(storage, session, turn(session), later)
      await commit(storage, [turn(session)], later - 1)
    })

    it('loses as turn_lost when it was not seen after the idle limit', async (storage) => {
      const { session } = await opened(storage, { lastSeenAt: noon })
      await losesUnchanged(storage, session, { ...turn(session), idleAfter: noon })
      await commit(storage, [{ ...turn(session), idleAfter: noon - 1 }])
    })

    it('loses as turn_lost when the user is blocked', async (storage) => {
      const { user, session } = await opened(storage)
      await commit(storage, [{ kind: 'blockUser', userId: user.id, reason: null }])
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id, keepSessionId: session.id }])
      await losesUnchanged(storage, session, turn(session))
    })

    it('loses as turn_lost when the epoch was raised', async (storage) => {
      const { user, session } = await opened(storage)
      await commit(storage, [{ kind: 'raiseEpoch', userId: user.id }])
      await losesUnchanged(storage, session, turn(session))
    })

    it('loses as turn_lost when there is no such session', async (storage) => {
      await loses(storage, turn(aTokenSession(aUser())))
    })

    it('loses as turn_lost on a session without a family', async (storage) => {
      const user = aUser()
      const session = aSession(user)
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'openSession', session },
      ])
      await losesUnchanged(storage, session, { ...turn(aTokenSession(user)), sessionId: session.id })
    })
  })
}

async function opened(
  storage: Storage,
  fields: Partial<Session> = {},
): Promise<{ readonly user: User; readonly session: ReturnType<typeof aTokenSession> }> {
  const user = aUser()
  const session = aTokenSession(user, fields)
  await commit(storage, [
    { kind: 'createUser', user },
    { kind: 'openSession', session },
  ])
  return { user, session }
}

async function stored(storage: Storage, { id }: Session): Promise<Session | undefined> {
  return (await storage.findSession(id))?.session
}

async function losesUnchanged(
  storage: Storage,
  session: Session,
  write: WriteOf<'rotateRefresh'>,
  now: number = noon,
): Promise<void> {
  const before = await stored(storage, session)
  await loses(storage, write, now)
  deepEqual(await stored(storage, session), before)
}

export function turn({ id, familyDigest, turnDigest }: ReturnType<typeof aTokenSession>): WriteOf<'rotateRefresh'> {
  const idleAfter = noon - 7 * dayMs
  return {
    kind: 'rotateRefresh',
    sessionId: id,
    familyDigest,
    turnDigest,
    nextTurnDigest: aDigest(),
    salt: aDigest(),
    idleAfter,
  }
}
