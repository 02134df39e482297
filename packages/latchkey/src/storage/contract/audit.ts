import { deepEqual, equal, ok } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { Storage } from '../storage.ts'
import { anEvent, aSeal, aSession, aUser, noon, present } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

export function auditCases({ describe, it }: Group): void {
  describe('appendEvent', () => {
    it('stores the event as given, and it answers as a receipt', async (storage) => {
      const user = aUser()
      const full = anEvent({
        userId: user.id,
        actorId: 'cli',
        sessionId: aSession(user).id,
        requestId: 'request',
        data: '{"reason":"wrong_password"}',
        person: 'sealed person',
      })
      equal(await storage.hasEvent(full.id), false)
      await commit(storage, [{ kind: 'appendEvent', event: full }])
      equal(await storage.hasEvent(full.id), true)
      deepEqual((await storage.listEvents({ limit: 10, userId: user.id })).items, [full])
    })

    it('needs no user to be there', async (storage) => {
      const event = anEvent({ userId: aUser().id })
      await commit(storage, [{ kind: 'appendEvent', event }])
      equal(await storage.hasEvent(event.id), true)
    })
  })

  describe('appendSeal', () => {
    it('appends behind the last seal', async (storage) => {
      const next = await nextSequence(storage)
      for (const sequence of [next, next + 1]) {
        const seal = aSeal(sequence)
        await commit(storage, [{ kind: 'appendSeal', seal }])
        deepEqual(await storage.lastSeal(), seal)
      }
    })

    it('loses as seal_taken when the sequence is taken', async (storage) => {
      const seal = aSeal(await nextSequence(storage))
      await commit(storage, [{ kind: 'appendSeal', seal }])
      await loses(storage, { kind: 'appendSeal', seal: aSeal(seal.sequence, { mac: 'other' }) })
      deepEqual(await storage.lastSeal(), seal)
    })
  })

  describe('appendChange', () => {
    it('gives the feed in order, behind the asked sequence, up to the limit', async (storage) => {
      const [first, second] = [aUser(), aUser()]
      const { id: sessionId } = aSession(second)
      const before = await lastSequence(storage)
      await commit(storage, [{ kind: 'appendChange', userId: first.id, sessionId: null }])
      await commit(storage, [{ kind: 'appendChange', userId: second.id, sessionId }], noon + secondMs)
      const changes = await storage.listChanges({ after: before, limit: 10 })
      deepEqual(
        changes.map(({ userId, sessionId: id, at }) => ({ userId, sessionId: id, at })),
        [
          { userId: first.id, sessionId: null, at: noon },
          { userId: second.id, sessionId, at: noon + secondMs },
        ],
      )
      const [one, two] = [present(changes[0]), present(changes[1])]
      ok(before < one.sequence && one.sequence < two.sequence, 'sequences rise')
      deepEqual(await storage.listChanges({ after: before, limit: 1 }), [one])
      deepEqual(await storage.listChanges({ after: one.sequence, limit: 10 }), [two])
      deepEqual(await storage.listChanges({ after: two.sequence, limit: 10 }), [])
    })

    it('never gives a sequence twice, even when the feed was emptied', async (storage) => {
      const write = { kind: 'appendChange', userId: aUser().id, sessionId: null } as const
      await commit(storage, [write])
      const before = await lastSequence(storage)
      await commit(storage, [{ kind: 'removeExpired', what: 'changes', before: noon + 3_600_000, limit: 1_000 }])
      await commit(storage, [write])
      equal((await storage.listChanges({ after: before, limit: 10 })).length, 1)
    })
  })
}

async function nextSequence(storage: Storage): Promise<number> {
  return ((await storage.lastSeal())?.sequence ?? 0) + 1
}

async function lastSequence(storage: Storage): Promise<number> {
  return (await storage.listChanges({ after: 0, limit: 1_000 })).at(-1)?.sequence ?? 0
}
