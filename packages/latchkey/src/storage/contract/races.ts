import { LatchkeyError } from '../../platform/errors.ts'
import { deepEqual, equal, ok } from 'node:assert/strict'
import { minuteMs } from '../../platform/clock.ts'
import type { Write } from '../../store/writes.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import { withConnections, type Connections } from './connections.ts'
import type { ContractDatabase } from './contract.ts'
import {
  aChallenge,
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
import type { Group } from './group.ts'
import { atOnce, callers, commit, oneWins, storeOf } from './outcomes.ts'
import { turn } from './refresh.ts'
import { renewal } from './renew.ts'
import { removeKeys } from './signing-keys.ts'

/** Fifty parallel callers for each guarded write that only one of them may win; the callers share all the connections there are. */
export function raceCases<Database extends ContractDatabase>(group: Group<Database>): void {
  const race = (name: string, run: (stores: Connections, storage: Storage) => Promise<void>): void =>
    group.it(name, async (storage, database) => {
      await withConnections(group, database, async (stores) => {
        for (let round = 0; round < group.rounds; round++) await run(stores, storage)
      })
    })

  race('createUser: one of 50 gets the address', async (stores, storage) => {
    const users = Array.from({ length: callers }, () => aUser())
    const { email } = aUser()
    const winner = await oneWins(stores, (caller) => ({
      kind: 'createUser',
      user: { ...userOf(users, caller), email },
    }))
    equal((await storage.findUserByEmail(email))?.id, userOf(users, winner).id)
  })

  race('verifyEmail: one of 50 proves the address', async (stores, storage) => {
    const { id, email } = await signedUp(storage, { emailVerifiedAt: null })
    await oneWins(stores, () => ({ kind: 'verifyEmail', userId: id, email }))
  })

  race('changeEmail: one of 50 moves the user', async (stores, storage) => {
    const user = await signedUp(storage)
    const addresses = Array.from({ length: callers }, () => anAddress())
    const to = (caller: number): EmailAddress => addresses[caller] ?? anAddress()
    const winner = await oneWins(stores, (caller) => {
      return { kind: 'changeEmail', userId: user.id, from: user.email, to: to(caller) }
    })
    equal((await storage.findUser(user.id))?.email, to(winner))
  })

  race('changeEmail: one of 50 users gets the address', async (stores, storage) => {
    const users = Array.from({ length: callers }, () => aUser())
    await commit(
      storage,
      users.map((user) => ({ kind: 'createUser', user })),
    )
    const to = anAddress()
    const write = (caller: number): Write => {
      const { id, email } = userOf(users, caller)
      return { kind: 'changeEmail', userId: id, from: email, to }
    }
    const winner = await oneWins(stores, write, noon, 'email_taken')
    equal((await storage.findUserByEmail(to))?.id, userOf(users, winner).id)
  })

  race('changeEmail: two users who would swap addresses both keep theirs', async (stores, storage) => {
    const [one, two] = [await signedUp(storage), await signedUp(storage)]
    // Each waits for the other's address: a deadlock by nature. A server ends it by rolling one of them back; whoever is rolled back five
    // times is given up with `storage_conflict`, which the port allows and which changes nothing.
    const results = await atOnce(4, (caller) => {
      const [user, other] = caller % 2 === 0 ? [one, two] : [two, one]
      const write: Write = { kind: 'changeEmail', userId: user.id, from: user.email, to: other.email }
      return storeOf(stores, caller)
        .commit([write], noon)
        .catch((error: unknown) => {
          if (error instanceof LatchkeyError && error.code === 'storage_conflict') return undefined
          throw error
        })
    })
    const answered = results.filter((result) => result !== undefined)
    for (const result of answered) deepEqual(result, { ok: false, lost: { index: 0, reason: 'email_taken' } })
    deepEqual([await storage.findUser(one.id), await storage.findUser(two.id)], [one, two])
  })

  race('blockUser: one of 50 blocks, and the epoch rises once', async (stores, storage) => {
    const { id } = await signedUp(storage)
    const winner = await oneWins(stores, (caller) => ({ kind: 'blockUser', userId: id, reason: `caller ${caller}` }))
    const user = await storage.findUser(id)
    deepEqual([user?.epoch, user?.blockedReason], [1, `caller ${winner}`])
  })

  race('unblockUser: one of 50 lifts the block', async (stores, storage) => {
    const { id } = await signedUp(storage, { blockedAt: noon })
    await oneWins(stores, () => ({ kind: 'unblockUser', userId: id }))
  })

  race('raiseEpoch: one of 50 raises it from where it was', async (stores, storage) => {
    const { id } = await signedUp(storage, { epoch: 3 })
    await oneWins(stores, () => ({ kind: 'raiseEpoch', userId: id, from: 3 }))
    equal((await storage.findUser(id))?.epoch, 4)
  })

  race('deleteUser: one of 50 deletes', async (stores, storage) => {
    const { id } = await signedUp(storage)
    await oneWins(stores, () => ({ kind: 'deleteUser', userId: id }))
    equal(await storage.findUser(id), undefined)
  })

  race('consumeChallenge: one of 50 spends it', async (stores, storage) => {
    const challenge = aChallenge()
    await commit(storage, [{ kind: 'issueChallenge', challenge }])
    await oneWins(stores, () => ({ kind: 'consumeChallenge', challengeId: challenge.id }))
  })

  race('advanceChallenge: one of 50 advances it', async (stores, storage) => {
    const challenge = aChallenge({ sends: 1 })
    await commit(storage, [{ kind: 'issueChallenge', challenge }])
    const winner = await oneWins(stores, (caller) => ({
      kind: 'advanceChallenge',
      challengeId: challenge.id,
      version: 0,
      userId: null,
      codeDigest: `digest ${caller}`,
      codeExpiresAt: noon,
      sent: true,
      data: '{}',
    }))
    const advanced = await storage.findChallenge(challenge.id)
    deepEqual([advanced?.codeDigest, advanced?.sends, advanced?.version], [`digest ${winner}`, 2, 1])
  })

  race('rotateRefresh: one of 50 turns the token', async (stores, storage) => {
    const user = await signedUp(storage)
    const session = aTokenSession(user)
    await commit(storage, [{ kind: 'openSession', session }])
    const winner = await oneWins(stores, (caller) => ({ ...turn(session), nextTurnDigest: `turn ${caller}` }))
    const turned = (await storage.findSession(session.id))?.session
    deepEqual([turned?.turnDigest, turned?.previousTurnDigest], [`turn ${winner}`, session.turnDigest])
  })

  race('renewSession: one of 50 replaces the secret', async (stores, storage) => {
    const user = await signedUp(storage)
    const session = aSession(user)
    await commit(storage, [{ kind: 'openSession', session }])
    const writes = Array.from({ length: callers }, () => renewal(session))
    const winner = await oneWins(stores, (caller) => writes[caller] ?? renewal(session))
    equal((await storage.findSession(session.id))?.session.secretDigest, writes[winner]?.digests.secretDigest)
  })

  race('revokeSession: one of 50 ends it', async (stores, storage) => {
    const user = await signedUp(storage)
    const session = aSession(user)
    await commit(storage, [{ kind: 'openSession', session }])
    const { id: userId } = user
    await oneWins(stores, () => ({ kind: 'revokeSession', sessionId: session.id, userId, reason: 'signed_out' }))
  })

  race('openSession: each of 50 succeeds exactly if the epoch was not raised before it', async (stores, storage) => {
    const user = await signedUp(storage)
    const raise: Write = { kind: 'raiseEpoch', userId: user.id, from: 0 }
    const results = await Promise.all(
      Array.from({ length: callers }, (_, caller) => {
        const write: Write = caller === 25 ? raise : { kind: 'openSession', session: aSession(user) }
        return (stores[caller % stores.length] ?? storage).commit([write], noon)
      }),
    )
    equal(results[25]?.ok, true)
    const opened = await storage.listSessions(user.id, noon)
    equal(
      opened.length,
      results.filter((result) => result.ok).length - 1,
      'who was told yes has a session, nobody else',
    )
    ok(opened.every(({ epoch }) => epoch === 0))
    equal((await storage.commit([{ kind: 'openSession', session: aSession(user) }], noon)).ok, false)
  })

  race('addSigningKey: one of 50 becomes the current key', async (stores, storage) => {
    await removeKeys(storage)
    await oneWins(stores, () => ({ kind: 'addSigningKey', key: aSigningKey() }))
    equal((await storage.listSigningKeys()).length, 1)
  })

  race('resealPersonKey: one of 50 callers seals it anew', async (stores, storage) => {
    const user = aUser()
    await commit(storage, [{ kind: 'createUser', user }])
    await oneWins(stores, () => ({ kind: 'resealPersonKey', userId: user.id, from: user.personKey, to: 'sealed anew' }))
  })

  race('resealSigningKey: one of 50 callers seals it anew', async (stores, storage) => {
    await removeKeys(storage)
    const key = aSigningKey()
    await commit(storage, [{ kind: 'addSigningKey', key }])
    await oneWins(stores, () => ({ kind: 'resealSigningKey', kid: key.kid, from: key.privateKey, to: 'sealed anew' }))
  })

  race('moveSigningKey: one of 50 rotations happens', async (stores, storage) => {
    await removeKeys(storage)
    const [current, next] = [aSigningKey(), aSigningKey({ state: 'next' })]
    await commit(storage, [
      { kind: 'addSigningKey', key: current },
      { kind: 'addSigningKey', key: next },
    ])
    await oneWins(stores, () => ({ kind: 'moveSigningKey', kid: current.kid, from: 'current', to: 'previous' }))
    await oneWins(stores, () => ({ kind: 'moveSigningKey', kid: next.kid, from: 'next', to: 'current' }))
  })

  race('leaseMessage: one of 50 workers gets the message', async (stores, storage) => {
    const message = aMessage()
    await commit(storage, [{ kind: 'enqueueMessage', message }])
    const until = noon + minuteMs
    const winner = await oneWins(stores, (caller) => ({
      kind: 'leaseMessage',
      messageId: message.id,
      leaseToken: `worker ${caller}`,
      until,
    }))
    const leased = await storage.findMessage(message.id)
    deepEqual([leased?.leaseToken, leased?.attempts], [`worker ${winner}`, 1])
  })

  race('settleMessage: one of 50 results counts', async (stores, storage) => {
    const message = aMessage({ leaseToken: 'lease', nextAttemptAt: noon + minuteMs })
    await commit(storage, [{ kind: 'enqueueMessage', message }])
    const winner = await oneWins(stores, (caller) => ({
      kind: 'settleMessage',
      messageId: message.id,
      leaseToken: 'lease',
      status: 'failed',
      nextAttemptAt: noon,
      error: `error ${caller}`,
    }))
    equal((await storage.findMessage(message.id))?.lastError, `error ${winner}`)
  })

  race('appendSeal: one of 50 gets the sequence', async (stores, storage) => {
    const sequence = ((await storage.lastSeal())?.sequence ?? 0) + 1
    const winner = await oneWins(stores, (caller) => ({
      kind: 'appendSeal',
      seal: aSeal(sequence, { mac: `mac ${caller}` }),
    }))
    equal((await storage.lastSeal())?.mac, `mac ${winner}`)
  })

  group.it('appendEvent: fifty commits leave fifty events', async (storage) => {
    const { id: userId } = aUser()
    const events = Array.from({ length: callers }, () => anEvent({ userId }))
    await Promise.all(events.map((event) => storage.commit([{ kind: 'appendEvent', event }], noon)))
    deepEqual((await storage.listEvents({ limit: 200, userId, ascending: true })).items, events)
  })
}

async function signedUp(storage: Storage, fields: Partial<User> = {}): Promise<User> {
  const user = aUser(fields)
  await commit(storage, [{ kind: 'createUser', user }])
  return user
}

function userOf(users: readonly User[], caller: number): User {
  return users[caller] ?? aUser()
}
