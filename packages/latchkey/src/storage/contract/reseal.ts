import { deepEqual } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import { aSigningKey, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'
import { removeKeys } from './signing-keys.ts'

const later = noon + secondMs

/** What `latchkey keys rotate --secret` writes. */
export function resealCases({ describe, it }: Group): void {
  describe('resealPersonKey', () => {
    it('replaces the sealed key and nothing else', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      await commit(
        storage,
        [{ kind: 'resealPersonKey', userId: user.id, from: user.personKey, to: 'sealed anew' }],
        later,
      )
      deepEqual(await storage.findUser(user.id), { ...user, personKey: 'sealed anew' })
    })

    it('loses as not_applicable when it is another key by now, or nobody is there', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      await loses(storage, { kind: 'resealPersonKey', userId: user.id, from: 'other', to: 'sealed anew' })
      await loses(storage, { kind: 'resealPersonKey', userId: aUser().id, from: user.personKey, to: 'sealed anew' })
      deepEqual(await storage.findUser(user.id), user)
    })
  })

  describe('resealSigningKey', () => {
    it('replaces the sealed half and nothing else', async (storage) => {
      await removeKeys(storage)
      const key = aSigningKey()
      await commit(storage, [{ kind: 'addSigningKey', key }])
      await commit(
        storage,
        [{ kind: 'resealSigningKey', kid: key.kid, from: key.privateKey, to: 'sealed anew' }],
        later,
      )
      deepEqual(await storage.listSigningKeys(), [{ ...key, privateKey: 'sealed anew' }])
    })

    it('loses as not_applicable when it is another one by now, or there is no such key', async (storage) => {
      await removeKeys(storage)
      const key = aSigningKey()
      await commit(storage, [{ kind: 'addSigningKey', key }])
      await loses(storage, { kind: 'resealSigningKey', kid: key.kid, from: 'other', to: 'sealed anew' })
      await loses(storage, { kind: 'resealSigningKey', kid: aSigningKey().kid, from: key.privateKey, to: 'x' })
      deepEqual(await storage.listSigningKeys(), [key])
    })
  })
}
