import { deepEqual, equal } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { User } from '../../user/user.ts'
import type { Storage } from '../storage.ts'
import { anAddress, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs

export function emailChangeCases({ describe, it }: Group): void {
  describe('changeEmail', () => {
    it('replaces the address, proved at this moment, and leaves the rest', async (storage) => {
      const user = await signedUp(storage, { emailVerifiedAt: null, epoch: 3 })
      const to = anAddress()
      await commit(storage, [{ kind: 'changeEmail', userId: user.id, from: user.email, to }], later)
      const changed = { ...user, email: to, emailVerifiedAt: later, updatedAt: later }
      deepEqual(await storage.findUserByEmail(to), changed)
      deepEqual(await storage.findUser(user.id), changed)
    })

    it('frees the address that it leaves', async (storage) => {
      const user = await signedUp(storage)
      await commit(storage, [{ kind: 'changeEmail', userId: user.id, from: user.email, to: anAddress() }])
      equal(await storage.findUserByEmail(user.email), undefined)
      const second = await signedUp(storage, { email: user.email })
      deepEqual(await storage.findUserByEmail(user.email), second)
    })

    it('goes there and back', async (storage) => {
      const user = await signedUp(storage)
      const to = anAddress()
      await commit(storage, [{ kind: 'changeEmail', userId: user.id, from: user.email, to }])
      await commit(storage, [{ kind: 'changeEmail', userId: user.id, from: to, to: user.email }], later)
      deepEqual(await storage.findUser(user.id), { ...user, emailVerifiedAt: later, updatedAt: later })
    })

    it('proves the address again when it is the one that the user has', async (storage) => {
      const user = await signedUp(storage)
      await commit(storage, [{ kind: 'changeEmail', userId: user.id, from: user.email, to: user.email }], later)
      deepEqual(await storage.findUser(user.id), { ...user, emailVerifiedAt: later, updatedAt: later })
    })

    it('loses as email_taken when another user has the address', async (storage) => {
      const [user, other] = [await signedUp(storage), await signedUp(storage)]
      const write = { kind: 'changeEmail', userId: user.id, from: user.email, to: other.email } as const
      await loses(storage, write, later, 'email_taken')
      deepEqual(await storage.findUser(user.id), user)
      deepEqual(await storage.findUserByEmail(other.email), other)
    })

    it('loses as not_applicable when the user has another address by now, even if the new one is taken', async (storage) => {
      const [user, other] = [await signedUp(storage), await signedUp(storage)]
      for (const to of [anAddress(), other.email]) {
        await loses(storage, { kind: 'changeEmail', userId: user.id, from: anAddress(), to }, later)
      }
      deepEqual(await storage.findUser(user.id), user)
    })

    it('loses as not_applicable when there is no such user, even if the new address is taken', async (storage) => {
      const { email } = await signedUp(storage)
      for (const to of [anAddress(), email]) {
        await loses(storage, { kind: 'changeEmail', userId: aUser().id, from: email, to })
      }
    })
  })
}

async function signedUp(storage: Storage, fields: Partial<User> = {}): Promise<User> {
  const user = aUser(fields)
  await commit(storage, [{ kind: 'createUser', user }])
  return user
}
