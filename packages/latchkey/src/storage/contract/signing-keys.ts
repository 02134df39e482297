import { deepEqual } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { SigningKey } from '../../session/signing-key.ts'
import type { Storage } from '../storage.ts'
import { aSigningKey, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { commit, loses } from './outcomes.ts'

const later = noon + secondMs

export function signingKeyCases({ describe, it }: Group): void {
  describe('addSigningKey', () => {
    it('stores keys as given, one next and one current beside any number of previous ones', async (storage) => {
      await removeKeys(storage)
      const keys = [
        aSigningKey({ state: 'previous', retiredAt: noon }),
        aSigningKey({ state: 'previous', retiredAt: later }),
        aSigningKey({ state: 'current' }),
        aSigningKey({ state: 'next' }),
      ]
      for (const key of keys) await commit(storage, [{ kind: 'addSigningKey', key }])
      deepEqual(byKid(await storage.listSigningKeys()), byKid(keys))
    })

    it('loses as key_state_taken when another key is in that state', async (storage) => {
      await removeKeys(storage)
      const [current, next] = [aSigningKey({ state: 'current' }), aSigningKey({ state: 'next' })]
      await commit(storage, [{ kind: 'addSigningKey', key: current }])
      await commit(storage, [{ kind: 'addSigningKey', key: next }])
      await loses(storage, { kind: 'addSigningKey', key: aSigningKey({ state: 'current' }) })
      await loses(storage, { kind: 'addSigningKey', key: aSigningKey({ state: 'next' }) })
      deepEqual(byKid(await storage.listSigningKeys()), byKid([current, next]))
    })
  })

  describe('moveSigningKey', () => {
    it('rotates in one commit and notes when the current key retired', async (storage) => {
      await removeKeys(storage)
      const [current, next, fresh] = [aSigningKey(), aSigningKey({ state: 'next' }), aSigningKey({ state: 'next' })]
      await commit(storage, [{ kind: 'addSigningKey', key: current }])
      await commit(storage, [{ kind: 'addSigningKey', key: next }])
      await commit(
        storage,
        [
          { kind: 'moveSigningKey', kid: current.kid, from: 'current', to: 'previous' },
          { kind: 'moveSigningKey', kid: next.kid, from: 'next', to: 'current' },
          { kind: 'addSigningKey', key: fresh },
        ],
        later,
      )
      const rotated = [{ ...current, state: 'previous', retiredAt: later }, { ...next, state: 'current' }, fresh]
      deepEqual(byKid(await storage.listSigningKeys()), rotated)
    })

    it('loses as key_state_taken when another key is in the state that it moves to', async (storage) => {
      await removeKeys(storage)
      const [current, next] = [aSigningKey(), aSigningKey({ state: 'next' })]
      await commit(storage, [{ kind: 'addSigningKey', key: current }])
      await commit(storage, [{ kind: 'addSigningKey', key: next }])
      await loses(storage, { kind: 'moveSigningKey', kid: next.kid, from: 'next', to: 'current' })
      deepEqual(byKid(await storage.listSigningKeys()), [current, next])
    })

    it('loses as key_state_taken when the key has left the state that it moves from', async (storage) => {
      await removeKeys(storage)
      const current = aSigningKey()
      await commit(storage, [{ kind: 'addSigningKey', key: current }])
      const move = { kind: 'moveSigningKey', kid: current.kid, from: 'current', to: 'previous' } as const
      await commit(storage, [move])
      await loses(storage, move, later)
      deepEqual(await storage.listSigningKeys(), [{ ...current, state: 'previous', retiredAt: noon }])
    })

    it('loses as key_state_taken when there is no such key', async (storage) => {
      await removeKeys(storage)
      await loses(storage, { kind: 'moveSigningKey', kid: aSigningKey().kid, from: 'next', to: 'current' })
    })
  })
}

/** The states are unique in the whole database, so each case begins without keys. */
export async function removeKeys(storage: Storage): Promise<void> {
  for (const { kid, state } of await storage.listSigningKeys()) {
    if (state === 'previous') continue
    await commit(storage, [{ kind: 'moveSigningKey', kid, from: state, to: 'previous' }])
  }
  const before = Number.MAX_SAFE_INTEGER
  await commit(storage, [{ kind: 'removeExpired', what: 'signing-keys', before, limit: 1_000 }])
}

function byKid(keys: readonly SigningKey[]): readonly SigningKey[] {
  return keys.toSorted((a, b) => (a.kid < b.kid ? -1 : 1))
}
