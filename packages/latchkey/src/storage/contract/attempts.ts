import { deepEqual, equal } from 'node:assert/strict'
import type { Challenge } from '../../challenge/challenge.ts'
import { minuteMs, secondMs } from '../../platform/clock.ts'
import type { AttemptCharge } from '../../throttle/budget.ts'
import type { Storage } from '../storage.ts'
import { aChallenge, aDigest, aKey, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { charge, commit, refuses } from './outcomes.ts'

const later = noon + secondMs

export function attemptCases({ describe, it }: Group): void {
  describe('charge of an attempt', () => {
    it('counts it and returns the challenge as it stands afterwards', async (storage) => {
      const challenge = await issued(storage, { attempts: 1, version: 2 })
      const charged = await charge(storage, [attemptOf(challenge)])
      deepEqual(charged, { ...challenge, attempts: 2 })
      deepEqual(await storage.findChallenge(challenge.id), charged)
    })

    it('gives every attempt that the challenge has, and no more', async (storage) => {
      const challenge = await issued(storage, { maxAttempts: 3 })
      for (const attempts of [1, 2, 3]) equal((await charge(storage, [attemptOf(challenge)]))?.attempts, attempts)
      await refusesUncharged(storage, challenge, attemptOf(challenge), 'no_attempts_left')
    })

    it('is refused as unknown for no such challenge, another purpose or another handle', async (storage) => {
      const challenge = await issued(storage, { purpose: 'sign-in' })
      const attempt = attemptOf(challenge)
      await refuses(storage, [attemptOf(aChallenge())], noon, { reason: 'unknown', retryAfterSeconds: 0 })
      await refusesUncharged(storage, challenge, { ...attempt, purposes: ['sign-up', 'password-reset'] }, 'unknown')
      await refusesUncharged(storage, challenge, { ...attempt, handleDigest: aDigest() }, 'unknown')
      const shouted = challenge.handleDigest.toUpperCase()
      await refusesUncharged(storage, challenge, { ...attempt, handleDigest: shouted }, 'unknown')
    })

    it('accepts any of the purposes', async (storage) => {
      const challenge = await issued(storage, { purpose: 'sign-up' })
      await charge(storage, [{ ...attemptOf(challenge), purposes: ['sign-in', 'sign-up'] }])
    })

    it('is refused as unknown in another browser than the one that it is bound to', async (storage) => {
      const challenge = await issued(storage, { bindingDigest: aDigest() })
      const attempt = attemptOf(challenge)
      await refusesUncharged(storage, challenge, { ...attempt, bindingDigest: null }, 'unknown')
      await refusesUncharged(storage, challenge, { ...attempt, bindingDigest: aDigest() }, 'unknown')
      await charge(storage, [attempt])
    })

    it('asks no browser of a challenge that is bound to none', async (storage) => {
      const challenge = await issued(storage, { bindingDigest: null })
      await charge(storage, [{ ...attemptOf(challenge), bindingDigest: null }])
      await charge(storage, [{ ...attemptOf(challenge), bindingDigest: aDigest() }])
    })

    it('is refused as expired from the moment of its end', async (storage) => {
      const challenge = await issued(storage, { expiresAt: later })
      await refusesUncharged(storage, challenge, attemptOf(challenge), 'expired', later)
      await charge(storage, [attemptOf(challenge)], later - 1)
    })

    it('is refused as spent once it was spent', async (storage) => {
      const challenge = await issued(storage, { consumedAt: noon })
      await refusesUncharged(storage, challenge, attemptOf(challenge), 'spent')
    })

    it('tells a stranger nothing of what is spent, expired or used up', async (storage) => {
      const spent = await issued(storage, { consumedAt: noon })
      const expired = await issued(storage, { expiresAt: noon })
      const usedUp = await issued(storage, { attempts: 5, maxAttempts: 5 })
      for (const challenge of [spent, expired, usedUp]) {
        const attempt = { ...attemptOf(challenge), handleDigest: aDigest() }
        await refusesUncharged(storage, challenge, attempt, 'unknown')
      }
    })
  })

  describe('charge of budgets and an attempt', () => {
    it('takes both or none, whichever is refused', async (storage) => {
      const challenge = await issued(storage, { maxAttempts: 1 })
      const usedUp = await issued(storage, { attempts: 1, maxAttempts: 1 })
      const budget = { kind: 'budget', key: aKey(), limit: 1, windowMs: minuteMs } as const
      const none = { reason: 'no_attempts_left', retryAfterSeconds: 0 } as const
      await refuses(storage, [budget, attemptOf(usedUp)], noon, { index: 1, ...none })
      await refuses(storage, [attemptOf(usedUp), budget], noon, { index: 0, ...none })
      const spent = { kind: 'budget', key: aKey(), limit: 1, windowMs: minuteMs } as const
      await charge(storage, [spent])
      await refuses(storage, [attemptOf(challenge), spent], noon, { index: 1, retryAfterSeconds: 60 })
      await refuses(storage, [attemptOf(usedUp), spent], noon, { index: 0, ...none })
      equal((await storage.findChallenge(challenge.id))?.attempts, 0)
      deepEqual(await charge(storage, [budget, attemptOf(challenge)]), { ...challenge, attempts: 1 })
      await refuses(storage, [budget], noon, { retryAfterSeconds: 60 })
    })
  })
}

/** The attempt that the rightful holder makes. */
export function attemptOf({ id, purpose, handleDigest, bindingDigest }: Challenge): AttemptCharge {
  return { kind: 'attempt', challengeId: id, purposes: [purpose], handleDigest, bindingDigest }
}

async function issued(storage: Storage, fields: Partial<Challenge> = {}): Promise<Challenge> {
  const challenge = aChallenge(fields)
  await commit(storage, [{ kind: 'issueChallenge', challenge }])
  return challenge
}

async function refusesUncharged(
  storage: Storage,
  { id }: Challenge,
  attempt: AttemptCharge,
  reason: 'unknown' | 'expired' | 'spent' | 'no_attempts_left',
  now: number = noon,
): Promise<void> {
  const before = await storage.findChallenge(id)
  await refuses(storage, [attempt], now, { reason, retryAfterSeconds: 0 })
  deepEqual(await storage.findChallenge(id), before, 'a refused attempt is not counted')
}
