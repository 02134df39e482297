import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Challenge } from '../../challenge/challenge.ts'
import { minuteMs, systemClock } from '../../platform/clock.ts'
import type { Page, PageRequest } from '../../store/store.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import { aChallenge, aCredential, aMessage, anAddress, anEvent, aSeal, aSession, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit } from './outcomes.ts'

export function queryCases({ describe, it }: Group): void {
  describe('listUsers', () => {
    it('pages newest first, each user once', async (storage) => {
      const users = await signedUp(storage, 'paging', 5)
      const list = (request: PageRequest): Promise<Page<User>> => storage.listUsers({ ...request, search: 'paging.' })
      deepEqual(await pages(list, 2), [users.slice(0, 2), users.slice(2, 4), users.slice(4)])
      deepEqual(await pages(list, 5), [users], 'a full last page has no cursor')
      deepEqual(await pages(list, 200), [users])
    })

    it('goes on where it was when somebody joins', async (storage) => {
      const users = await signedUp(storage, 'joining', 3)
      const first = await storage.listUsers({ limit: 2, search: 'joining.' })
      await signedUp(storage, 'joining', 1)
      const second = await storage.listUsers({ limit: 2, search: 'joining.', ...cursorOf(first) })
      deepEqual([...first.items, ...second.items], users)
    })

    it('searches the beginning of the address, and takes every character for itself', async (storage) => {
      const percent = aUser({ email: anAddress('100%x') })
      const underscore = aUser({ email: anAddress('a_b') })
      const other = aUser({ email: anAddress('axb') })
      for (const user of [percent, underscore, other]) await commit(storage, [{ kind: 'createUser', user }])
      const find = async (search: string): Promise<readonly User[]> =>
        (await storage.listUsers({ limit: 10, search })).items
      deepEqual(await find('100%'), [percent])
      deepEqual(await find('a_b.'), [underscore])
      deepEqual(await find('axb.'), [other])
      deepEqual(await find(other.email), [other])
      for (const search of ['%', '_xb.', "'", '\\', 'xb.', '100%%']) deepEqual(await find(search), [])
    })

    it('tells the blocked from the others', async (storage) => {
      const [free, blocked] = [
        aUser({ email: anAddress('sieve') }),
        aUser({ email: anAddress('sieve'), blockedAt: noon }),
      ]
      for (const user of [free, blocked]) await commit(storage, [{ kind: 'createUser', user }])
      const request = { limit: 10, search: 'sieve.' }
      deepEqual((await storage.listUsers(request)).items, [blocked, free])
      deepEqual((await storage.listUsers({ ...request, blocked: true })).items, [blocked])
      deepEqual((await storage.listUsers({ ...request, blocked: false })).items, [free])
    })
  })

  describe('listCredentials', () => {
    it('pages those of one method, each once, in the order of the identifiers', async (storage) => {
      const users = await signedUp(storage, 'keyed', 3)
      const own = users.map((user) => aCredential(user, { method: 'totp', identifier: user.id, secret: 'sealed' }))
      const foreign = aCredential(users[0] as User, { method: 'recovery-code' })
      for (const credential of [...own.toReversed(), foreign])
        await commit(storage, [{ kind: 'addCredential', credential }])
      const found = await pages((request) => storage.listCredentials({ ...request, method: 'totp' }), 2)
      ok(found.slice(0, -1).every(({ length }) => length === 2))
      const mine = found.flat().filter(({ userId }) => users.some(({ id }) => id === userId))
      deepEqual(
        mine,
        own.toSorted((a, b) => (a.identifier < b.identifier ? -1 : 1)),
      )
      ok(found.flat().every(({ method }) => method === 'totp'))
    })
  })

  describe('listWaitingChallenges', () => {
    it('gives what waits of one purpose and one user, soonest end first', async (storage) => {
      const [user, other] = await signedUp(storage, 'waiting', 2)
      const purpose = 'factors-reset'
      const of = (fields: Partial<Challenge>): Challenge => aChallenge({ purpose, userId: user?.id ?? null, ...fields })
      const [late, soon] = [of({ expiresAt: noon + 2 * minuteMs }), of({ expiresAt: noon + minuteMs })]
      const not = [
        of({ consumedAt: noon }),
        of({ expiresAt: noon }),
        of({ purpose: 'sign-in' }),
        of({ userId: other?.id ?? null, expiresAt: noon + minuteMs }),
      ]
      for (const challenge of [late, soon, ...not]) await commit(storage, [{ kind: 'issueChallenge', challenge }])
      const request = { purpose, now: noon, userId: (user as User).id } as const
      deepEqual(await storage.listWaitingChallenges({ ...request, limit: 10 }), [soon, late])
      deepEqual(await storage.listWaitingChallenges({ ...request, limit: 1 }), [soon])
      deepEqual(await storage.listWaitingChallenges({ ...request, now: noon + minuteMs, limit: 10 }), [late])
    })

    it('gives those of everybody that end by an instant, that one included', async (storage) => {
      const endsBy = noon + 3 * minuteMs
      const [user] = await signedUp(storage, 'ending', 1)
      const of = (expiresAt: number): Challenge =>
        aChallenge({ purpose: 'factors-reset', userId: user?.id ?? null, expiresAt })
      const [sooner, at, behind] = [of(endsBy - 1), of(endsBy), of(endsBy + 1)]
      for (const challenge of [behind, at, sooner]) await commit(storage, [{ kind: 'issueChallenge', challenge }])
      const found = await storage.listWaitingChallenges({ purpose: 'factors-reset', now: noon, endsBy, limit: 1_000 })
      deepEqual(
        found.filter(({ userId }) => userId === user?.id),
        [sooner, at],
      )
    })
  })

  describe('listMessages', () => {
    it('pages newest first and picks one status', async (storage) => {
      const queued = [aMessage(), aMessage(), aMessage()]
      const sent = aMessage({ status: 'sent', settledAt: noon, data: '' })
      for (const message of [...queued, sent]) await commit(storage, [{ kind: 'enqueueMessage', message }])
      const newestFirst = [sent, ...queued.toReversed()]
      const all = (await pages((request) => storage.listMessages(request), 2)).flat()
      deepEqual(all.slice(0, 4), newestFirst)
      const waiting = (await pages((request) => storage.listMessages({ ...request, status: 'queued' }), 2)).flat()
      deepEqual(waiting.slice(0, 3), newestFirst.slice(1))
      ok(waiting.every(({ status }) => status === 'queued'))
    })
  })

  describe('listEvents', () => {
    it('pages in both directions, of one user, of one kind', async (storage) => {
      const { id: userId } = aUser()
      const failures = Array.from({ length: 3 }, () => anEvent({ userId, kind: 'login.failure' }))
      const success = anEvent({ userId, kind: 'login.success' })
      const foreign = anEvent({ userId: aUser().id, kind: 'login.failure' })
      for (const event of [...failures, success, foreign]) await commit(storage, [{ kind: 'appendEvent', event }])
      const ofUser = [...failures, success]
      deepEqual((await pages((page) => storage.listEvents({ ...page, userId, ascending: true }), 3)).flat(), ofUser)
      deepEqual((await pages((page) => storage.listEvents({ ...page, userId }), 3)).flat(), ofUser.toReversed())
      const ofKind = await pages((page) => storage.listEvents({ ...page, userId, kind: 'login.failure' }), 2)
      deepEqual(ofKind.flat(), failures.toReversed())
      const [newest, next] = (await storage.listEvents({ limit: 2, kind: 'login.failure' })).items
      deepEqual([newest, next], [foreign, failures[2]])
    })
  })

  describe('listEventRange', () => {
    it('gives the log behind one id and through another, oldest first, up to the limit', async (storage) => {
      const [before, first, second, third] = [anEvent(), anEvent(), anEvent(), anEvent()]
      for (const event of [third, first, before, second]) await commit(storage, [{ kind: 'appendEvent', event }])
      const range = { after: before.id, through: third.id, limit: 10 }
      deepEqual(await storage.listEventRange(range), [first, second, third])
      deepEqual(await storage.listEventRange({ ...range, limit: 2 }), [first, second])
      deepEqual(await storage.listEventRange({ ...range, through: second.id }), [first, second])
      deepEqual((await storage.listEventRange({ ...range, through: null })).slice(0, 3), [first, second, third])
      const whole = await storage.listEventRange({ after: null, through: third.id, limit: 1_000 })
      deepEqual(whole.slice(-4), [before, first, second, third])
    })
  })

  describe('listSeals', () => {
    it('gives the seals behind a sequence, lowest first, up to the limit', async (storage) => {
      const last = (await storage.lastSeal())?.sequence ?? 0
      const seals = [aSeal(last + 1), aSeal(last + 2), aSeal(last + 3)]
      for (const seal of seals) await commit(storage, [{ kind: 'appendSeal', seal }])
      deepEqual(await storage.listSeals({ after: last, limit: 10 }), seals)
      deepEqual(await storage.listSeals({ after: last + 1, limit: 1 }), seals.slice(1, 2))
      deepEqual(await storage.listSeals({ after: last + 3, limit: 10 }), [])
    })
  })

  describe('counts', () => {
    it('counts users, live sessions, queued messages and waiting challenges', async (storage) => {
      const before = await storage.counts(noon)
      const user = aUser()
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'openSession', session: aSession(user) },
        { kind: 'openSession', session: aSession(user, { expiresAt: noon }) },
        { kind: 'openSession', session: aSession(user, { revokedAt: noon, revokedReason: 'signed_out' }) },
        { kind: 'issueChallenge', challenge: aChallenge() },
        { kind: 'issueChallenge', challenge: aChallenge({ expiresAt: noon }) },
        { kind: 'issueChallenge', challenge: aChallenge({ consumedAt: noon }) },
        { kind: 'enqueueMessage', message: aMessage() },
        { kind: 'enqueueMessage', message: aMessage({ status: 'expired', settledAt: noon }) },
      ])
      deepEqual(await storage.counts(noon), {
        users: before.users + 1,
        liveSessions: before.liveSessions + 1,
        queuedMessages: before.queuedMessages + 1,
        waitingChallenges: before.waitingChallenges + 1,
      })
    })
  })

  describe('databaseNow', () => {
    it('is the time of day in whole milliseconds', async (storage) => {
      const now = await storage.databaseNow()
      ok(Number.isInteger(now))
      ok(Math.abs(now - systemClock.now()) < minuteMs, `the database says ${now}`)
    })
  })

  describe('migrate', () => {
    it('finds nothing to do on a migrated database', async (storage) => {
      deepEqual(await storage.migrate(), { applied: [] })
      const { pending, unknown, altered } = await storage.migrationStatus()
      deepEqual({ pending, unknown, altered }, { pending: [], unknown: [], altered: [] })
    })
  })
}

async function signedUp(storage: Storage, local: string, count: number): Promise<readonly User[]> {
  const users = Array.from({ length: count }, () => aUser({ email: anAddress(local) }))
  for (const user of users) await commit(storage, [{ kind: 'createUser', user }])
  return users.toReversed()
}

/** Every page of a list, at most a thousand. */
async function pages<Item>(
  list: (request: PageRequest) => Promise<Page<Item>>,
  limit: number,
): Promise<readonly (readonly Item[])[]> {
  const all: (readonly Item[])[] = []
  let page = await list({ limit })
  all.push(page.items)
  while (page.nextCursor !== null) {
    ok(all.length < 1_000, 'the pages never end')
    equal(page.items.length, limit, 'only the last page is short')
    page = await list({ limit, ...cursorOf(page) })
    all.push(page.items)
  }
  return all
}

function cursorOf({ nextCursor }: Page<unknown>): { readonly cursor?: string } {
  return nextCursor === null ? {} : { cursor: nextCursor }
}
