import { deepEqual } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { SessionDigests } from '../../session/session-secrets.ts'
import type { Session } from '../../session/session.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import { aDigest, aSession, aTokenSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'
import { turn } from './refresh.ts'

const later = noon + secondMs

export function renewCases({ describe, it }: Group): void {
  describe('renewSession', () => {
    it('replaces the digests of a cookie session, and with them when and how its owner was authenticated', async (storage) => {
      const { session } = await opened(storage, aSession)
      const write = renewal(session)
      await commit(storage, [write], later)
      const { digests, aal, amr, authenticatedAt } = write
      deepEqual(await stored(storage, session), { ...session, ...digests, aal, amr, authenticatedAt })
    })

    it('replaces the family of a token session: the old one has no turn any more, the new one has', async (storage) => {
      const { session } = await opened(storage, aTokenSession)
      const first = turn(session)
      await commit(storage, [first], later)
      const turned = { ...session, turnDigest: first.nextTurnDigest }
      const write = renewal(turned)
      await commit(storage, [write], later)
      const renewed = await stored(storage, session)
      deepEqual([renewed?.familyDigest, renewed?.turnDigest], [write.digests.familyDigest, write.digests.turnDigest])
      deepEqual([renewed?.previousTurnDigest, renewed?.turnSalt, renewed?.turnedAt], [null, null, null])
      await loses(storage, turn(turned), later)
      await commit(storage, [turn({ ...session, ...digestsOf(write) })], later)
    })

    it('loses as session_over when the digest is another one', async (storage) => {
      const { session } = await opened(storage, aSession)
      await losesUnchanged(storage, session, { ...renewal(session), from: aDigest() })
      await losesUnchanged(storage, session, { ...renewal(session), from: '' })
    })

    it('loses as session_over when the secret was replaced or the turn was taken', async (storage) => {
      const cookie = await opened(storage, aSession)
      await commit(storage, [renewal(cookie.session)])
      await losesUnchanged(storage, cookie.session, renewal(cookie.session))
      const { session } = await opened(storage, aTokenSession)
      await commit(storage, [turn(session)], later)
      await losesUnchanged(storage, session, renewal(session))
    })

    it('loses as session_over for a digest of the family, the previous turn or the other mode', async (storage) => {
      const { session } = await opened(storage, aTokenSession)
      await losesUnchanged(storage, session, { ...renewal(session), from: session.familyDigest })
      await losesUnchanged(storage, session, { ...renewal(session), digests: digestsFor('cookie') })
      const cookie = await opened(storage, aSession)
      await losesUnchanged(storage, cookie.session, { ...renewal(cookie.session), digests: digestsFor('token') })
    })

    it('loses as session_over when it was revoked', async (storage) => {
      const { session } = await opened(storage, (user) =>
        aSession(user, { revokedAt: noon, revokedReason: 'signed_out' }),
      )
      await losesUnchanged(storage, session, renewal(session))
    })

    it('loses as session_over from the moment of its absolute end, and not before', async (storage) => {
      const { session } = await opened(storage, (user) => aSession(user, { expiresAt: later }))
      await losesUnchanged(storage, session, renewal(session), later)
      await commit(storage, [renewal(session)], later - 1)
    })

    it('loses as session_over when the user is blocked or the epoch was raised', async (storage) => {
      const raised = await opened(storage, aSession)
      await commit(storage, [{ kind: 'raiseEpoch', userId: raised.user.id }])
      await losesUnchanged(storage, raised.session, renewal(raised.session))
      const blocked = await opened(storage, aSession)
      const { id: userId } = blocked.user
      await commit(storage, [{ kind: 'blockUser', userId, reason: null }])
      await commit(storage, [{ kind: 'raiseEpoch', userId, keepSessionId: blocked.session.id }])
      await losesUnchanged(storage, blocked.session, renewal(blocked.session))
    })

    it('goes on in the commit that raises the epoch and keeps the session', async (storage) => {
      const { user, session } = await opened(storage, aSession)
      const write = renewal(session)
      const raise = { kind: 'raiseEpoch', userId: user.id, from: user.epoch, keepSessionId: session.id } as const
      await commit(storage, [write, raise])
      const renewed = await stored(storage, session)
      deepEqual([renewed?.secretDigest, renewed?.epoch], [write.digests.secretDigest, user.epoch + 1])
    })

    it('loses as session_over when there is no such session', async (storage) => {
      await loses(storage, renewal(aSession(aUser())))
    })
  })
}

function digestsFor(mode: Session['mode']): SessionDigests {
  const none = { previousTurnDigest: null, turnSalt: null, turnedAt: null }
  return mode === 'cookie'
    ? { mode, ...none, secretDigest: aDigest(), familyDigest: null, turnDigest: null }
    : { mode, ...none, secretDigest: null, familyDigest: aDigest(), turnDigest: aDigest() }
}

function digestsOf({ digests }: WriteOf<'renewSession'>): {
  readonly familyDigest: string
  readonly turnDigest: string
} {
  return { familyDigest: digests.familyDigest ?? '', turnDigest: digests.turnDigest ?? '' }
}

export function renewal(session: Session): WriteOf<'renewSession'> {
  return {
    kind: 'renewSession',
    sessionId: session.id,
    from: session.secretDigest ?? session.turnDigest ?? '',
    digests: digestsFor(session.mode),
    aal: 2,
    amr: [{ method: 'passkey', amr: 'hwk', factor: 'possession', channel: 'authenticator', at: later }],
    authenticatedAt: later,
  }
}

async function opened<Kind extends Session>(
  storage: Storage,
  sessionOf: (user: User) => Kind,
): Promise<{ readonly user: User; readonly session: Kind }> {
  const user = aUser()
  const session = sessionOf(user)
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
  write: WriteOf<'renewSession'>,
  now: number = noon,
): Promise<void> {
  const before = await stored(storage, session)
  await loses(storage, write, now)
  deepEqual(await stored(storage, session), before)
}
