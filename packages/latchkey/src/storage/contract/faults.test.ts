import { describe, expect, it } from 'vitest'
import { LatchkeyError } from '../../platform/errors.ts'
import type { Store } from '../../store/store.ts'
import { inLockOrder } from '../../store/lock-order.ts'
import { createMemoryStorage } from '../memory/memory-storage.ts'
import type { ContractCapabilities, ContractDatabase } from './contract.ts'
import { storageContract } from './storage-contract.ts'

/** The memory storage behind a connection that can be told to break. */
interface BreakableDatabase extends ContractDatabase {
  breakBefore: number
  isCut: boolean
}

interface Faultiness {
  /** Applies what stood before the statement that breaks. */
  readonly leavesHalf?: boolean
  /** Says yes to what it lost. */
  readonly lies?: boolean
  /** Says that nothing was done when everything was. */
  readonly deniesAll?: boolean
}

function createDatabase({ leavesHalf = false, lies = false, deniesAll = false }: Faultiness): BreakableDatabase {
  const memory = createMemoryStorage()
  const fail = (): never => {
    throw new LatchkeyError('storage_unavailable')
  }
  const commit: Store['commit'] = async (writes, now) => {
    await Promise.resolve()
    const breakBefore = database.breakBefore
    database.breakBefore = 0
    if (breakBefore > 0 || database.isCut) {
      const written = inLockOrder(writes).slice(0, breakBefore - 1)
      if (leavesHalf)
        await memory.commit(
          written.map(({ write }) => write),
          now,
        )
      if (deniesAll) await memory.commit(writes, now)
      return lies ? { ok: true, changed: writes.map(() => 1) } : fail()
    }
    return memory.commit(writes, now)
  }
  const databaseNow = (): Promise<number> => {
    database.isCut = false
    return memory.databaseNow()
  }
  const database: BreakableDatabase = {
    storage: { ...memory, commit, databaseNow },
    breakBefore: 0,
    isCut: false,
    cleanUp: () => Promise.resolve(),
  }
  return database
}

const capabilities: ContractCapabilities<BreakableDatabase> = {
  openAnother: ({ storage }) => Promise.resolve(storage),
  startPeer: ({ storage }) => Promise.resolve({ ...storage, kill: () => Promise.resolve() }),
  cutConnections(database) {
    database.isCut = true
    return Promise.resolve()
  },
  breakCommit(database, statement) {
    database.breakBefore = statement
    return Promise.resolve()
  },
}

async function failuresOf(faultiness: Faultiness): Promise<readonly string[]> {
  const cases: { readonly name: string; run(): Promise<void> }[] = []
  const path: string[] = []
  storageContract(
    { name: 'breakable', createStorage: () => Promise.resolve(createDatabase(faultiness)), capabilities, rounds: 2 },
    {
      describe(name, define) {
        path.push(name)
        define()
        path.pop()
      },
      it: (name, run) => void cases.push({ name: [...path.slice(1), name].join(' > '), run }),
      afterAll: () => undefined,
    },
  )
  const failed: string[] = []
  for (const { name, run } of cases.filter((found) => /^(processes|faults) > /.test(found.name))) {
    await run().catch(() => failed.push(name))
  }
  return failed
}

const broken = 'faults > a commit that breaks > is whole or not there, wherever it breaks, and the storage goes on'
const cut =
  'faults > connections that are cut > lose no confirmed commit and leave none half done, and the storage recovers by itself'

describe('the fault cases of the storage contract', () => {
  it('find nothing wrong with a storage that breaks cleanly', async () => {
    expect(await failuresOf({})).toEqual([])
  })

  it('find a storage that leaves half a commit', async () => {
    expect(await failuresOf({ leavesHalf: true })).toContain(broken)
  })

  it('find a storage that confirms what it lost', async () => {
    expect(await failuresOf({ lies: true })).toEqual([broken, cut])
  })

  it('find a storage that says nothing was done when all was', async () => {
    expect(await failuresOf({ deniesAll: true })).toEqual([broken, cut])
  })
})
