import { equal, ok } from 'node:assert/strict'
import { minuteMs } from '../../platform/clock.ts'
import type { Storage } from '../storage.ts'
import { attemptOf } from './attempts.ts'
import type { ContractDatabase, ContractPeer } from './contract.ts'
import { aChallenge, aKey, aTokenSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { areThere, atOnce, callers, commit, storeOf, threeRows, wins } from './outcomes.ts'
import { turn } from './refresh.ts'

/** Either process, as its callers see it. */
type Side = Pick<ContractPeer, 'charge' | 'commit'>

/** Two processes on one database; only for storages that can start one. */
export function peerCases<Database extends ContractDatabase>({ it, subject, rounds }: Group<Database>): void {
  const start = (database: Database): Promise<ContractPeer> => {
    if (subject.capabilities?.startPeer === undefined) throw new TypeError('this storage starts no peer')
    return subject.capabilities.startPeer(database)
  }
  const withPeer = (name: string, run: (storage: Storage, sides: readonly [Side, Side]) => Promise<void>): void =>
    it(name, async (storage, database) => {
      const peer = await start(database)
      try {
        for (let round = 0; round < rounds; round++) await run(storage, [storage, peer])
      } finally {
        await peer.kill()
      }
    })

  withPeer('consumeChallenge: one of 50 in two processes spends it', async (storage, sides) => {
    const challenge = aChallenge()
    await commit(storage, [{ kind: 'issueChallenge', challenge }])
    const consume = { kind: 'consumeChallenge', challengeId: challenge.id } as const
    const results = await atOnce(callers, (caller) => storeOf(sides, caller).commit([consume], noon))
    equal(results.filter((result) => result.ok).length, 1)
  })

  withPeer('rotateRefresh: one of 50 in two processes turns the token', async (storage, sides) => {
    const user = aUser()
    const session = aTokenSession(user)
    await commit(storage, [
      { kind: 'createUser', user },
      { kind: 'openSession', session },
    ])
    const results = await atOnce(callers, (caller) => storeOf(sides, caller).commit([turn(session)], noon))
    equal(results.filter((result) => result.ok).length, 1)
  })

  withPeer('a budget of seven admits seven of 50 in two processes', async (_storage, sides) => {
    const budget = { kind: 'budget', key: aKey(), limit: 7, windowMs: minuteMs } as const
    const results = await atOnce(callers, (caller) => storeOf(sides, caller).charge([budget], noon))
    equal(wins(results, 'over_limit'), 7)
  })

  withPeer('a challenge of five attempts admits five of 50 in two processes', async (storage, sides) => {
    const challenge = aChallenge({ maxAttempts: 5 })
    await commit(storage, [{ kind: 'issueChallenge', challenge }])
    const results = await atOnce(callers, (caller) => storeOf(sides, caller).charge([attemptOf(challenge)], noon))
    equal(wins(results, 'no_attempts_left'), 5)
  })

  it('a process that is killed under load leaves whole commits or none', async (storage, database) => {
    for (let round = 0; round < rounds; round++) {
      const peer = await start(database)
      const commits = Array.from({ length: callers }, threeRows)
      const running = commits.map(async ({ writes }) => {
        const result = await peer.commit(writes, noon).catch(() => undefined)
        return result?.ok === true
      })
      await Promise.race(running)
      await peer.kill()
      const confirmed = await Promise.all(running)
      ok(confirmed.includes(true), 'the first was waited for')
      for (const [index, rows] of commits.entries()) {
        const isThere = await areThere(storage, rows)
        ok(isThere || confirmed[index] === false, 'what was confirmed is there')
      }
    }
  })
}
