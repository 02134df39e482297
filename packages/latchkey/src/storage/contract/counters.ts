import { deepEqual, equal } from 'node:assert/strict'
import type { Credential } from '../../credential/credential.ts'
import { secondMs } from '../../platform/clock.ts'
import type { WriteOf } from '../../store/writes.ts'
import { credentialsOf, enrolled } from './credentials.ts'
import { aCredential, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs

/** What makes a code and an assertion good for once. */
export function counterCases({ describe, it }: Group): void {
  describe('advanceTotpStep', () => {
    it('notes the step and the time, and nothing else', async (storage) => {
      const { user, credential } = await enrolled(storage, { method: 'totp', counter: 58_000_000 })
      await commit(storage, [step(credential, 58_000_001)], later)
      deepEqual(await credentialsOf(storage, user), [{ ...credential, counter: 58_000_001, lastUsedAt: later }])
      await commit(storage, [step(credential, 58_000_009)], later)
      equal((await credentialsOf(storage, user))[0]?.counter, 58_000_009, 'steps between may have passed unused')
    })

    it('loses as step_used for a step that was used, and for every one before it', async (storage) => {
      const { user, credential } = await enrolled(storage, { method: 'totp' })
      await commit(storage, [step(credential, 9)])
      for (const used of [9, 8, 1, 0]) await loses(storage, step(credential, used), later)
      deepEqual(await credentialsOf(storage, user), [{ ...credential, counter: 9, lastUsedAt: noon }])
      await commit(storage, [step(credential, 10)])
    })

    it('loses as step_used when there is no such credential', async (storage) => {
      const { user } = await enrolled(storage)
      await loses(storage, step(aCredential(user), 1))
    })
  })

  describe('bumpPasskeyCounter', () => {
    it('replaces the counter and notes the time, and nothing else', async (storage) => {
      const { user, credential } = await enrolled(storage, { counter: 1 })
      await commit(storage, [bump(credential, 4_294_967_295)], later)
      const bumped = { ...credential, counter: 4_294_967_295, lastUsedAt: later }
      deepEqual(await credentialsOf(storage, user), [bumped])
    })

    it('lets a synced passkey stay at zero, any number of times', async (storage) => {
      const { user, credential } = await enrolled(storage, { counter: 0 })
      await commit(storage, [bump(credential, 0)], later)
      await commit(storage, [bump(credential, 0)], later)
      deepEqual(await credentialsOf(storage, user), [{ ...credential, lastUsedAt: later }])
    })

    it('loses as credential_changed when the counter is another by now, higher or lower', async (storage) => {
      const { user, credential } = await enrolled(storage, { counter: 5 })
      for (const from of [4, 6, 0]) await loses(storage, { ...bump(credential, 7), from }, later)
      deepEqual(await credentialsOf(storage, user), [credential])
    })

    it('loses as credential_changed when there is no such credential', async (storage) => {
      const { user } = await enrolled(storage)
      await loses(storage, bump(aCredential(user), 1))
    })
  })
}

function step({ id: credentialId }: Credential, to: number): WriteOf<'advanceTotpStep'> {
  return { kind: 'advanceTotpStep', credentialId, step: to }
}

function bump({ id: credentialId, counter }: Credential, to: number): WriteOf<'bumpPasskeyCounter'> {
  return { kind: 'bumpPasskeyCounter', credentialId, from: counter, to }
}
