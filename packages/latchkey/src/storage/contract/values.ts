import { deepEqual, equal } from 'node:assert/strict'
import { minuteMs } from '../../platform/clock.ts'
import {
  aChallenge,
  aCredential,
  aDigest,
  aMessage,
  anEvent,
  aSession,
  aSigningKey,
  aTokenSession,
  aUser,
  noon,
} from './fixtures.ts'
import type { Group } from './group.ts'
import { charge, commit, loses, refuses } from './outcomes.ts'
import { attemptOf } from './attempts.ts'
import { turn } from './refresh.ts'

/** Characters that databases are known to fold, escape, cut or misread. */
const awkward = `quote ' double " back \\ percent % under _ null \\0 tab \t line \r\n umlaut ä decomposed a\u0308 emoji 🗝️👩🏽‍💻 rtl \u202e end `

export function valueCases({ describe, it }: Group): void {
  describe('values', () => {
    it('keeps absent apart from empty', async (storage) => {
      const [absent, empty] = [aUser({ name: null, locale: null }), aUser({ name: '', locale: '' })]
      const emptyReason = aUser({ blockedAt: 0, blockedReason: '' })
      for (const user of [absent, empty, emptyReason]) {
        await commit(storage, [{ kind: 'createUser', user }])
        deepEqual(await storage.findUser(user.id), user)
      }
      const credentials = [aCredential(absent, { secret: null }), aCredential(absent, { secret: '' })]
      for (const credential of credentials) await commit(storage, [{ kind: 'addCredential', credential }])
      const stored = (await storage.findSubject(absent.id))?.credentials ?? []
      deepEqual(new Set(stored.map(({ secret }) => secret)), new Set(['', null]))
    })

    it('keeps names, roles and user agents to the last character', async (storage) => {
      const user = aUser({
        name: awkward,
        personKey: awkward,
        roles: ['a,b', 'c"d', "e'f", 'g\\h', 'ä 🗝️', '', ' ', '{}'],
      })
      const session = aSession(user, { userAgent: awkward, ip: '2001:db8::1' })
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'openSession', session },
      ])
      deepEqual(await storage.findSession(session.id), { session, user })
    })

    it('keeps trailing and leading spaces', async (storage) => {
      const user = aUser({ name: '  Ada  ', roles: [' user ', 'user'] })
      await commit(storage, [{ kind: 'createUser', user }])
      deepEqual(await storage.findUser(user.id), user)
    })

    it('keeps a hundred kilobytes of data', async (storage) => {
      const user = aUser()
      const data = JSON.stringify({ text: `${awkward}🗝️`.repeat(500), filler: 'x'.repeat(50_000) })
      const credential = aCredential(user, { data })
      const challenge = aChallenge({ data })
      const message = aMessage({ data })
      const event = anEvent({ userId: user.id, data, person: data })
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'addCredential', credential },
        { kind: 'issueChallenge', challenge },
        { kind: 'enqueueMessage', message },
        { kind: 'appendEvent', event },
      ])
      equal(Buffer.byteLength(data) > 100_000, true)
      deepEqual((await storage.findSubject(user.id))?.credentials, [credential])
      deepEqual(await storage.findChallenge(challenge.id), challenge)
      deepEqual(await storage.findMessage(message.id), message)
      deepEqual((await storage.listEvents({ limit: 1, userId: user.id })).items, [event])
    })

    it('keeps JSON as it was written, spaces, order and doubles included', async (storage) => {
      const data = '{ "b":1, "a" : [1.0, 1e3],\n"a":2 }'
      const challenge = aChallenge({ data })
      await commit(storage, [{ kind: 'issueChallenge', challenge }])
      equal((await storage.findChallenge(challenge.id))?.data, data)
    })

    it('keeps times as whole numbers, from 1970 to far ahead', async (storage) => {
      const user = aUser({ createdAt: 0, updatedAt: 1, emailVerifiedAt: 9_999_999_999_999, epoch: 2_000_000_000 })
      await commit(storage, [{ kind: 'createUser', user }])
      deepEqual(await storage.findUser(user.id), user)
    })

    it('keeps every authentication that a session rests on, in order', async (storage) => {
      const user = aUser()
      const amr = [
        { method: 'password', amr: 'pwd', factor: 'knowledge', channel: 'typed', at: noon },
        { method: 'totp', amr: 'otp', factor: 'possession', channel: 'authenticator', at: noon + 1 },
        { method: 'email-code', amr: 'otp', factor: 'possession', channel: 'email', at: noon + 2 },
      ] as const
      const [full, bare] = [aSession(user, { amr, aal: 2 }), aSession(user, { amr: [], ip: null, userAgent: null })]
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'openSession', session: full },
        { kind: 'openSession', session: bare },
      ])
      deepEqual(await storage.listSessions(user.id, noon), [bare, full])
    })
  })

  describe('identifiers', () => {
    it('are bytes: case, accents, trailing spaces and normal forms tell them apart', async (storage) => {
      const user = aUser()
      const stem = aDigest()
      const identifiers = ['A', 'a', 'a ', ' a', 'ä', 'a\u0308', 'Ä', 'ß', 'ss', '', 'a\t', '🗝️', '🗝'].map(
        (end) => stem + end,
      )
      await commit(storage, [{ kind: 'createUser', user }])
      for (const identifier of identifiers) {
        await commit(storage, [{ kind: 'addCredential', credential: aCredential(user, { identifier }) }])
      }
      for (const identifier of identifiers) {
        await loses(storage, { kind: 'addCredential', credential: aCredential(user, { identifier }) })
      }
      const stored = (await storage.findSubject(user.id))?.credentials ?? []
      deepEqual(stored.map(({ identifier }) => identifier).toSorted(), identifiers.toSorted())
    })

    it('take 255 characters', async (storage) => {
      const user = aUser()
      const stem = aDigest().padEnd(254, 'x')
      await commit(storage, [{ kind: 'createUser', user }])
      for (const identifier of [`${stem}a`, `${stem}b`, stem]) {
        const credential = aCredential(user, { identifier })
        await commit(storage, [{ kind: 'addCredential', credential }])
      }
      equal((await storage.findSubject(user.id))?.credentials.length, 3)
    })
  })

  describe('secrets', () => {
    it('are compared by every byte when they are replaced', async (storage) => {
      const user = aUser()
      const credential = aCredential(user, { secret: 'Secret ä' })
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'addCredential', credential },
      ])
      for (const from of ['secret ä', 'Secret a', 'Secret ä ', 'Secret a\u0308', 'Secret']) {
        await loses(storage, { kind: 'replaceCredentialSecret', credentialId: credential.id, from, to: 'new' })
      }
    })

    it('are compared by every byte when a refresh token turns', async (storage) => {
      const user = aUser()
      const session = aTokenSession(user)
      await commit(storage, [
        { kind: 'createUser', user },
        { kind: 'openSession', session },
      ])
      const { familyDigest, turnDigest } = session
      for (const wrong of [turnDigest.toUpperCase(), `${turnDigest} `, turnDigest.slice(0, -1), '']) {
        await loses(storage, { ...turn(session), turnDigest: wrong })
      }
      for (const wrong of [familyDigest.toUpperCase(), `${familyDigest} `, '']) {
        await loses(storage, { ...turn(session), familyDigest: wrong })
      }
    })

    it('are compared by every byte when an attempt is charged', async (storage) => {
      const challenge = aChallenge({ bindingDigest: aDigest() })
      const attempt = attemptOf(challenge)
      const unknown = { reason: 'unknown', retryAfterSeconds: 0 } as const
      await commit(storage, [{ kind: 'issueChallenge', challenge }])
      for (const spell of [(text: string) => text.toUpperCase(), (text: string) => `${text} `, () => '']) {
        const { handleDigest, bindingDigest } = attempt
        await refuses(storage, [{ ...attempt, handleDigest: spell(handleDigest) }], noon, unknown)
        await refuses(storage, [{ ...attempt, bindingDigest: spell(bindingDigest ?? '') }], noon, unknown)
      }
      await charge(storage, [attempt])
    })

    it('are compared by every byte when a message is settled', async (storage) => {
      const message = aMessage()
      const leaseToken = aDigest()
      const until = noon + minuteMs
      await commit(storage, [{ kind: 'enqueueMessage', message }])
      await commit(storage, [{ kind: 'leaseMessage', messageId: message.id, leaseToken, until }])
      const settle = { kind: 'settleMessage', messageId: message.id, status: 'sent', nextAttemptAt: until } as const
      for (const wrong of [leaseToken.toUpperCase(), `${leaseToken} `, '']) {
        await loses(storage, { ...settle, leaseToken: wrong, error: null })
      }
    })

    it('are compared by every byte when a signing key is named', async (storage) => {
      const key = aSigningKey({ state: 'previous', retiredAt: noon })
      await commit(storage, [{ kind: 'addSigningKey', key: { ...key, kid: `${key.kid}k` } }])
      for (const kid of [`${key.kid}K`, `${key.kid}k `]) {
        await loses(storage, { kind: 'moveSigningKey', kid, from: 'previous', to: 'next' })
      }
    })
  })
}
