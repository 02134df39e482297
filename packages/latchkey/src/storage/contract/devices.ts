import { deepEqual, equal } from 'node:assert/strict'
import { aDevice, aUser } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit } from './outcomes.ts'

export function deviceCases({ describe, it }: Group): void {
  describe('rememberDevice', () => {
    it('stores the device as given and finds it with the address of its user', async (storage) => {
      const user = aUser()
      const device = aDevice(user)
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'rememberDevice', device },
      ])
      deepEqual(await storage.findDevice(device.id), { device, email: user.email })
    })

    it('finds none under an unknown id', async (storage) => {
      equal(await storage.findDevice(aDevice(aUser()).id), undefined)
    })
  })

  describe('forgetDevices', () => {
    it('forgets one device of the user, or all, and counts them', async (storage) => {
      const [user, stranger] = [aUser(), aUser()]
      const [first, second, third] = [aDevice(user), aDevice(user), aDevice(user)]
      const foreign = aDevice(stranger)
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'createUser', user: stranger },
        ...[first, second, third, foreign].map((device) => ({ kind: 'rememberDevice', device }) as const),
      ])
      const forget = { kind: 'forgetDevices', userId: user.id } as const
      deepEqual(await commit(storage, [{ ...forget, deviceId: foreign.id }]), [0], 'not of this user')
      deepEqual(await commit(storage, [{ ...forget, deviceId: first.id }]), [1])
      equal(await storage.findDevice(first.id), undefined)
      deepEqual((await storage.findDevice(second.id))?.device, second)
      deepEqual(await commit(storage, [{ ...forget, deviceId: null }]), [2])
      equal(await storage.findDevice(third.id), undefined)
      deepEqual((await storage.findDevice(foreign.id))?.device, foreign)
    })
  })
}
