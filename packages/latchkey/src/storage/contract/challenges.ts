import { deepEqual, equal } from 'node:assert/strict'
import { minuteMs, secondMs } from '../../platform/clock.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import type { Storage } from '../storage.ts'
import type { WriteOf } from '../../store/writes.ts'
import { aChallenge, aDigest, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { charge, commit, loses } from './outcomes.ts'

const later = noon + secondMs

export function challengeCases({ describe, it }: Group): void {
  describe('issueChallenge', () => {
    it('stores the challenge as given', async (storage) => {
      const user = aUser()
      const sent = aChallenge({ userId: user.id, purpose: 'password-reset', bindingDigest: aDigest(), sends: 2 })
      const waiting = aChallenge({ codeDigest: null, codeExpiresAt: null, attempts: 3, version: 4, sends: 0 })
      await commit(storage, [{ kind: 'createUser', user }])
      for (const challenge of [sent, waiting]) {
        await commit(storage, [{ kind: 'issueChallenge', challenge }])
        deepEqual(await storage.findChallenge(challenge.id), challenge)
      }
    })

    it('finds none under an unknown id', async (storage) => {
      equal(await storage.findChallenge(aChallenge().id), undefined)
    })
  })

  describe('consumeChallenge', () => {
    it('spends the challenge up to its last millisecond', async (storage) => {
      const challenge = await issued(storage, { expiresAt: later })
      await commit(storage, [{ kind: 'consumeChallenge', challengeId: challenge.id }], later - 1)
      const spent = { ...challenge, consumedAt: later - 1, version: challenge.version + 1 }
      deepEqual(await storage.findChallenge(challenge.id), spent)
    })

    it('loses as challenge_spent when it was spent', async (storage) => {
      const challenge = await issued(storage)
      await commit(storage, [{ kind: 'consumeChallenge', challengeId: challenge.id }])
      await loses(storage, { kind: 'consumeChallenge', challengeId: challenge.id }, later)
      equal((await storage.findChallenge(challenge.id))?.consumedAt, noon)
    })

    it('loses as challenge_spent from the moment of its end', async (storage) => {
      const challenge = await issued(storage, { expiresAt: later })
      await loses(storage, { kind: 'consumeChallenge', challengeId: challenge.id }, later)
      equal((await storage.findChallenge(challenge.id))?.consumedAt, null)
    })

    it('loses as challenge_spent when there is no such challenge', async (storage) => {
      await loses(storage, { kind: 'consumeChallenge', challengeId: aChallenge().id })
    })
  })

  describe('advanceChallenge', () => {
    it('replaces code, subject and data, counts the send, and keeps the attempts', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      const challenge = await issued(storage, { attempts: 3, sends: 1, version: 6 })
      const write = { ...advance(challenge), userId: user.id, sent: true }
      await commit(storage, [write], later)
      const { codeDigest, codeExpiresAt, data } = write
      const advanced = { ...challenge, userId: user.id, codeDigest, codeExpiresAt, data, sends: 2, version: 7 }
      deepEqual(await storage.findChallenge(challenge.id), advanced)
    })

    it('takes the code away and counts no send when none went out', async (storage) => {
      const challenge = await issued(storage, { sends: 1 })
      await commit(storage, [{ ...advance(challenge), codeDigest: null, codeExpiresAt: null, sent: false }])
      const found = await storage.findChallenge(challenge.id)
      deepEqual([found?.codeDigest, found?.codeExpiresAt, found?.sends], [null, null, 1])
    })

    it('still wins after an attempt was charged', async (storage) => {
      const challenge = await issued(storage)
      const { id, purpose, handleDigest } = challenge
      await charge(storage, [
        { kind: 'attempt', challengeId: id, purposes: [purpose], handleDigest, bindingDigest: null },
      ])
      await commit(storage, [advance(challenge)])
      equal((await storage.findChallenge(id))?.attempts, 1)
    })

    it('loses as challenge_changed when it was advanced before', async (storage) => {
      const challenge = await issued(storage)
      await commit(storage, [advance(challenge)])
      const before = await storage.findChallenge(challenge.id)
      await loses(storage, advance(challenge))
      deepEqual(await storage.findChallenge(challenge.id), before)
    })

    it('loses as challenge_changed when it was spent, has ended or does not exist', async (storage) => {
      const spent = await issued(storage, { consumedAt: noon })
      const ended = await issued(storage, { expiresAt: noon })
      for (const challenge of [spent, ended, aChallenge()]) await loses(storage, advance(challenge))
    })
  })

  describe('cancelChallenges', () => {
    it('spends the waiting challenges of the user and the purposes, and counts them', async (storage) => {
      const [user, stranger] = [aUser(), aUser()]
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'createUser', user: stranger },
      ])
      const userId = user.id
      const reset = await issued(storage, { userId, purpose: 'password-reset' })
      const signIn = await issued(storage, { userId, purpose: 'sign-in' })
      const verify = await issued(storage, { userId, purpose: 'email-verify' })
      const spent = await issued(storage, { userId, purpose: 'sign-in', consumedAt: noon })
      const foreign = await issued(storage, { userId: stranger.id, purpose: 'sign-in' })
      const write = { kind: 'cancelChallenges', userId, purposes: ['password-reset', 'sign-in'] } as const
      deepEqual(await commit(storage, [write], later), [2])
      for (const { id } of [reset, signIn]) equal((await storage.findChallenge(id))?.consumedAt, later)
      for (const kept of [verify, spent, foreign]) deepEqual(await storage.findChallenge(kept.id), kept)
    })

    it('leaves those alone that were issued before the moment that is named', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      const fields = { userId: user.id, purpose: 'email-change-undo' } as const
      const older = await issued(storage, { ...fields, createdAt: noon - 1 })
      const same = await issued(storage, { ...fields, createdAt: noon })
      const younger = await issued(storage, { ...fields, createdAt: noon + 1 })
      const write = {
        kind: 'cancelChallenges',
        userId: user.id,
        purposes: ['email-change-undo'],
        issuedSinceAt: noon,
      } as const
      deepEqual(await commit(storage, [write], later), [2])
      deepEqual(await storage.findChallenge(older.id), older)
      for (const { id } of [same, younger]) equal((await storage.findChallenge(id))?.consumedAt, later)
    })
  })
}

async function issued(storage: Storage, fields: Partial<Challenge> = {}): Promise<Challenge> {
  const challenge = aChallenge(fields)
  await commit(storage, [{ kind: 'issueChallenge', challenge }])
  return challenge
}

function advance({ id, version, userId }: Challenge): WriteOf<'advanceChallenge'> {
  return {
    kind: 'advanceChallenge',
    challengeId: id,
    version,
    userId,
    codeDigest: aDigest(),
    codeExpiresAt: noon + 10 * minuteMs,
    sent: false,
    data: '{"step":2}',
  }
}
