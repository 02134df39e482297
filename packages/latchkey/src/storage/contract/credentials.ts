import { deepEqual, equal } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { WriteOf } from '../../store/writes.ts'
import type { Storage } from '../storage.ts'
import { aCredential, aDigest, anAddress, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'
import type { Credential } from '../../credential/credential.ts'
import type { User } from '../../user/user.ts'

const later = noon + secondMs

export function credentialCases({ describe, it }: Group): void {
  describe('findSubject', () => {
    it('finds a user with every credential, by id and by address', async (storage) => {
      const user = aUser()
      const credentials = [
        aCredential(user, { method: 'password', identifier: user.id, secret: 'hash', lastUsedAt: later }),
        aCredential(user, { method: 'oauth', secret: null, data: '{"sub":"1"}', confirmedAt: null }),
      ]
      await commit(storage, [
        { kind: 'createUser', user },
        ...credentials.map((credential) => ({ kind: 'addCredential', credential }) as const),
      ])
      for (const subject of [await storage.findSubject(user.id), await storage.findSubjectByEmail(user.email)]) {
        deepEqual(subject?.user, user)
        deepEqual(byId(subject.credentials), credentials)
      }
    })

    it('finds a user without credentials', async (storage) => {
      const user = aUser()
      await commit(storage, [{ kind: 'createUser', user }])
      deepEqual(await storage.findSubject(user.id), { user, credentials: [] })
      deepEqual(await storage.findSubjectByEmail(user.email), { user, credentials: [] })
    })

    it('finds nobody under an unknown id or address', async (storage) => {
      equal(await storage.findUser(aUser().id), undefined)
      equal(await storage.findUserByEmail(anAddress()), undefined)
      equal(await storage.findSubject(aUser().id), undefined)
      equal(await storage.findSubjectByEmail(anAddress()), undefined)
    })
  })

  describe('findCredential', () => {
    it('finds it by method and identifier, with its user and all that the user has', async (storage) => {
      const { user, credential } = await enrolled(storage, { method: 'oauth', secret: null, counter: 4_294_967_295 })
      const others = [aCredential(user, { method: 'password', identifier: user.id }), aCredential(user)]
      await commit(
        storage,
        others.map((other) => ({ kind: 'addCredential', credential: other })),
      )
      await enrolled(storage)
      const found = await storage.findCredential('oauth', credential.identifier)
      deepEqual(found && { ...found, credentials: byId(found.credentials) }, {
        user,
        credential,
        credentials: [credential, ...others],
      })
    })

    it('tells apart who has which, and the same identifier under two methods', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const { user: stranger } = await enrolled(storage)
      const { identifier } = credential
      const other = aCredential(stranger, { method: 'oauth', identifier })
      await commit(storage, [{ kind: 'addCredential', credential: other }])
      const [passkey, identity] = [
        await storage.findCredential('passkey', identifier),
        await storage.findCredential('oauth', identifier),
      ]
      deepEqual([passkey?.credential, passkey?.user], [credential, user])
      deepEqual([identity?.credential, identity?.user], [other, stranger])
    })

    it('finds none under another method, another spelling or an unknown identifier', async (storage) => {
      const { credential } = await enrolled(storage, { identifier: `${aDigest()}-Ab` })
      const { identifier } = credential
      equal(await storage.findCredential('totp', identifier), undefined)
      for (const wrong of [identifier.toLowerCase(), `${identifier} `, identifier.slice(0, -1), aDigest(), '']) {
        equal(await storage.findCredential('passkey', wrong), undefined)
      }
    })
  })

  describe('addCredential', () => {
    it('takes the same identifier under another method', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const other = aCredential(user, { method: 'totp', identifier: credential.identifier })
      await commit(storage, [{ kind: 'addCredential', credential: other }])
      deepEqual(await credentialsOf(storage, user), [credential, other])
    })

    it('loses as credential_exists when the identifier is taken, whoever has it', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const stranger = aUser()
      await commit(storage, [{ kind: 'createUser', user: stranger }])
      const { identifier } = credential
      await loses(storage, { kind: 'addCredential', credential: aCredential(user, { identifier }) })
      await loses(storage, { kind: 'addCredential', credential: aCredential(stranger, { identifier }) })
      deepEqual(await credentialsOf(storage, user), [credential])
      deepEqual(await credentialsOf(storage, stranger), [])
    })
  })

  describe('replaceCredentialSecret', () => {
    it('replaces the secret that it names', async (storage) => {
      const { user, credential } = await enrolled(storage, { secret: 'old' })
      const write = { kind: 'replaceCredentialSecret', credentialId: credential.id, from: 'old', to: 'new' } as const
      await commit(storage, [write], later)
      deepEqual(await credentialsOf(storage, user), [{ ...credential, secret: 'new', updatedAt: later }])
    })

    it('loses as credential_changed when the secret is another by now', async (storage) => {
      const { user, credential } = await enrolled(storage, { secret: 'newer' })
      await loses(storage, { kind: 'replaceCredentialSecret', credentialId: credential.id, from: 'old', to: 'new' })
      deepEqual(await credentialsOf(storage, user), [credential])
    })

    it('loses as credential_changed when there is no secret or no such credential', async (storage) => {
      const { user, credential } = await enrolled(storage, { secret: null })
      const unknown = aCredential(user)
      for (const { id } of [credential, unknown]) {
        await loses(storage, { kind: 'replaceCredentialSecret', credentialId: id, from: '', to: 'new' })
      }
    })
  })

  describe('updateCredentialData', () => {
    it('replaces the data that it names', async (storage) => {
      const { user, credential } = await enrolled(storage, { data: '{"name":"Phone"}', counter: 3 })
      await commit(storage, [rename(credential, { to: '{"name":"Ada’s phone"}' })], later)
      const renamed = { ...credential, data: '{"name":"Ada’s phone"}', updatedAt: later }
      deepEqual(await credentialsOf(storage, user), [renamed])
    })

    it('loses as credential_changed when the data is other by now, to the last byte', async (storage) => {
      const { user, credential } = await enrolled(storage, { data: '{"name":"Phone"}' })
      for (const from of ['{}', '', '{"name":"phone"}', '{"name":"Phone"} ', '{ "name":"Phone"}']) {
        await loses(storage, rename(credential, { from }), later)
      }
      deepEqual(await credentialsOf(storage, user), [credential])
    })

    it('loses as credential_changed when it belongs to another user or does not exist', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const { user: stranger } = await enrolled(storage)
      await loses(storage, rename(credential, { userId: stranger.id }))
      await loses(storage, rename(aCredential(user)))
      deepEqual(await credentialsOf(storage, user), [credential])
    })
  })

  describe('putCredential', () => {
    it('inserts the first of its method and identifier', async (storage) => {
      const user = aUser()
      const credential = aCredential(user, { method: 'password', identifier: user.id })
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'putCredential', credential },
      ])
      deepEqual(await credentialsOf(storage, user), [credential])
    })

    it('replaces secret, data, confirmation and counter of the one that is there, and keeps its id', async (storage) => {
      const { user, credential } = await enrolled(storage, { secret: 'old', data: '{"exact":true}', counter: 9 })
      const fields = { secret: 'new', data: '{}', confirmedAt: later, counter: 4 }
      const next = aCredential(user, { identifier: credential.identifier, createdAt: later, ...fields })
      deepEqual(await commit(storage, [{ kind: 'putCredential', credential: next }], later), [1])
      deepEqual(await credentialsOf(storage, user), [{ ...credential, ...fields, updatedAt: later }])
    })

    it('leaves the credential of another user alone', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const { user: stranger, credential: own } = await enrolled(storage)
      const write = aCredential(stranger, { identifier: credential.identifier, secret: 'stolen', counter: 9 })
      await storage.commit([{ kind: 'putCredential', credential: write }], later)
      deepEqual(await credentialsOf(storage, user), [credential])
      deepEqual(await credentialsOf(storage, stranger), [own])
    })
  })

  describe('removeCredential', () => {
    it('removes the one credential', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const other = aCredential(user)
      await commit(storage, [{ kind: 'addCredential', credential: other }])
      await commit(storage, [{ kind: 'removeCredential', credentialId: credential.id, userId: user.id }])
      deepEqual(await credentialsOf(storage, user), [other])
    })

    it('loses as unknown_credential when it belongs to another user', async (storage) => {
      const { user, credential } = await enrolled(storage)
      const { user: stranger } = await enrolled(storage)
      await loses(storage, { kind: 'removeCredential', credentialId: credential.id, userId: stranger.id })
      deepEqual(await credentialsOf(storage, user), [credential])
    })

    it('loses as unknown_credential when there is no such credential', async (storage) => {
      const { user } = await enrolled(storage)
      await loses(storage, { kind: 'removeCredential', credentialId: aCredential(user).id, userId: user.id })
    })
  })

  describe('removeCredentials', () => {
    it('removes those of the methods, of this user only, and counts them', async (storage) => {
      const { user } = await enrolled(storage, { method: 'passkey' })
      const { user: stranger, credential: foreign } = await enrolled(storage, { method: 'passkey' })
      const password = aCredential(user, { method: 'password', identifier: user.id })
      const totp = aCredential(user, { method: 'totp' })
      await commit(storage, [
        { kind: 'addCredential', credential: password },
        { kind: 'addCredential', credential: totp },
      ])
      const write = { kind: 'removeCredentials', userId: user.id, methods: ['passkey', 'totp'] } as const
      deepEqual(await commit(storage, [write]), [2])
      deepEqual(await credentialsOf(storage, user), [password])
      deepEqual(await credentialsOf(storage, stranger), [foreign])
      deepEqual(await commit(storage, [write]), [0], 'a write over a set may find nothing')
    })
  })
}

function rename(
  { id: credentialId, userId, data }: Credential,
  fields: Partial<WriteOf<'updateCredentialData'>> = {},
): WriteOf<'updateCredentialData'> {
  return { kind: 'updateCredentialData', credentialId, userId, from: data, to: 'renamed', ...fields }
}

export async function enrolled(
  storage: Storage,
  fields: Partial<Credential> = {},
): Promise<{ readonly user: User; readonly credential: Credential }> {
  const user = aUser()
  const credential = aCredential(user, fields)
  await commit(storage, [
    { kind: 'createUser', user },
    { kind: 'addCredential', credential },
  ])
  return { user, credential }
}

export async function credentialsOf(storage: Storage, user: User): Promise<readonly Credential[]> {
  return byId((await storage.findSubject(user.id))?.credentials ?? [])
}

function byId(credentials: readonly Credential[]): readonly Credential[] {
  return credentials.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
