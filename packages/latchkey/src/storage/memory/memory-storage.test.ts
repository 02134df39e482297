import { afterAll, describe, it } from 'vitest'
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
