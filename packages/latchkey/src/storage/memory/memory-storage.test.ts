import { afterAll, describe, expect, it } from 'vitest'
import { aChallenge, anEvent, aUser, noon } from '../contract/fixtures.ts'
import { storageContract } from '../contract/storage-contract.ts'
import { createMemoryStorage } from './memory-storage.ts'

storageContract(
  {
    name: 'memory',
    createStorage: () => {
      const storage = createMemoryStorage()
      return Promise.resolve({ storage, cleanUp: () => storage.close() })
    },
    rounds: Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? 3),
  },
  { describe, it, afterAll },
)

describe('memory storage', () => {
  it('cannot be changed through what it was given or gave', async () => {
    const storage = createMemoryStorage()
    const roles = ['user']
    const user = aUser({ roles })
    await storage.commit([{ kind: 'createUser', user }], noon)
    roles.push('admin')
    const found = await storage.findUser(user.id)
    expect(found?.roles).toEqual(['user'])
    expect(Object.isFrozen(found)).toBe(true)
    expect(Object.isFrozen(found?.roles)).toBe(true)
  })

  it('throws for an id that is taken, and leaves nothing of that commit', async () => {
    const storage = createMemoryStorage()
    const [challenge, event] = [aChallenge(), anEvent()]
    const issue = { kind: 'issueChallenge', challenge } as const
    await storage.commit([issue], noon)
    const user = aUser()
    const again = storage.commit([{ kind: 'createUser', user }, issue, { kind: 'appendEvent', event }], noon)
    await expect(again).rejects.toThrow(TypeError)
    expect(await storage.findUser(user.id)).toBeUndefined()
    expect(await storage.hasEvent(event.id)).toBe(false)
  })

  it('lets others run before and after a commit', async () => {
    const order: string[] = []
    const others = Promise.resolve()
      .then(() => order.push('one'))
      .then(() => order.push('two'))
    const challenge = aChallenge()
    const committed = createMemoryStorage()
      .commit([{ kind: 'issueChallenge', challenge }], noon)
      .then(() => order.push('commit'))
    await Promise.all([others, committed])
    expect(order).toEqual(['one', 'two', 'commit'])
  })

  it('reads the clock that it was given', async () => {
    expect(await createMemoryStorage({ clock: { now: () => 42 } }).databaseNow()).toBe(42)
  })
})
