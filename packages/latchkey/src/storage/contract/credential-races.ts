import { deepEqual, equal } from 'node:assert/strict'
import { secondMs } from '../../platform/clock.ts'
import type { Credential } from '../../credential/credential.ts'
import type { Storage } from '../storage.ts'
import { withConnections, type Connections } from './connections.ts'
import type { ContractDatabase } from './contract.ts'
import { enrolled } from './credentials.ts'
import { aCredential, aDigest, aUser, noon } from './fixtures.ts'
import type { Group } from './group.ts'
import { atOnce, callers, commit, oneWins, storeOf } from './outcomes.ts'

/** The races for credentials: of fifty who bring the same proof, or the same identifier, one wins. */
export function credentialRaceCases<Database extends ContractDatabase>(group: Group<Database>): void {
  const race = (name: string, run: (stores: Connections, storage: Storage) => Promise<void>): void =>
    group.it(name, async (storage, database) => {
      await withConnections(group, database, async (stores) => {
        for (let round = 0; round < group.rounds; round++) await run(stores, storage)
      })
    })

  race('addCredential: one of 50 gets the identifier', async (stores, storage) => {
    const user = aUser()
    await commit(storage, [{ kind: 'createUser', user }])
    const identifier = aDigest()
    const secretOf = (caller: number): string => `secret ${caller}`
    const winner = await oneWins(stores, (caller) => ({
      kind: 'addCredential',
      credential: aCredential(user, { identifier, secret: secretOf(caller) }),
    }))
    const stored = (await storage.findSubject(user.id))?.credentials ?? []
    deepEqual(
      stored.map(({ secret }) => secret),
      [secretOf(winner)],
    )
  })

  race('replaceCredentialSecret: one of 50 replaces the secret', async (stores, storage) => {
    const { credential } = await enrolled(storage, { secret: 'old' })
    const winner = await oneWins(stores, (caller) => ({
      kind: 'replaceCredentialSecret',
      credentialId: credential.id,
      from: 'old',
      to: `new ${caller}`,
    }))
    equal((await stored(storage, credential))?.secret, `new ${winner}`)
  })

  race('updateCredentialData: one of 50 replaces the data', async (stores, storage) => {
    const { user, credential } = await enrolled(storage, { data: 'old' })
    const winner = await oneWins(stores, (caller) => ({
      kind: 'updateCredentialData',
      credentialId: credential.id,
      userId: user.id,
      from: 'old',
      to: `new ${caller}`,
    }))
    equal((await stored(storage, credential))?.data, `new ${winner}`)
  })

  race('advanceTotpStep: one of 50 spends the step', async (stores, storage) => {
    const { credential } = await enrolled(storage, { method: 'totp', counter: 58_000_000 })
    const step = 58_000_001
    await oneWins(stores, () => ({ kind: 'advanceTotpStep', credentialId: credential.id, step }))
    equal((await stored(storage, credential))?.counter, step)
  })

  race('advanceTotpStep: of 50 different steps the last one stands', async (stores, storage) => {
    const { credential } = await enrolled(storage, { method: 'totp' })
    const results = await atOnce(callers, (caller) => {
      return storeOf(stores, caller).commit(
        [{ kind: 'advanceTotpStep', credentialId: credential.id, step: caller + 1 }],
        noon + caller * secondMs,
      )
    })
    equal(results.at(-1)?.ok, true, 'nobody can spend the highest step but its owner')
    const { counter, lastUsedAt } = (await stored(storage, credential)) ?? credential
    deepEqual([counter, lastUsedAt], [callers, noon + (callers - 1) * secondMs])
  })

  race('bumpPasskeyCounter: one of 50 raises it from where it was', async (stores, storage) => {
    const { credential } = await enrolled(storage, { counter: 7 })
    const winner = await oneWins(stores, (caller) => ({
      kind: 'bumpPasskeyCounter',
      credentialId: credential.id,
      from: 7,
      to: 8 + caller,
    }))
    equal((await stored(storage, credential))?.counter, 8 + winner)
  })

  race('removeCredential: one of 50 removes it', async (stores, storage) => {
    const { user, credential } = await enrolled(storage)
    await oneWins(stores, () => ({ kind: 'removeCredential', credentialId: credential.id, userId: user.id }))
    equal(await stored(storage, credential), undefined)
  })
}

async function stored(storage: Storage, { method, identifier }: Credential): Promise<Credential | undefined> {
  return (await storage.findCredential(method, identifier))?.credential
}
