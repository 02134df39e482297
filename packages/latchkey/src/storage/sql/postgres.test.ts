import { afterAll, describe, it } from 'vitest'
import { startPeer } from '../../../../../test/databases/peer.ts'
import { createPostgresFraming, createProxy, postgresMeaning, type Proxy } from '../../../../../test/databases/proxy.ts'
import { addressOf, createPostgresDatabase, type TestDatabase } from '../../../../../test/databases/servers.ts'
import type { ContractDatabase } from '../contract/contract.ts'
import { storageContract } from '../contract/storage-contract.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

interface PostgresDatabase extends ContractDatabase {
  readonly database: TestDatabase
  readonly proxy: Proxy
}

async function createDatabase(): Promise<PostgresDatabase> {
  const database = await createPostgresDatabase()
  const proxy = await createProxy({
    ...addressOf(database.url),
    framing: createPostgresFraming,
    meaning: postgresMeaning,
  })
  const storage = await createPostgresStorage({ url: database.urlThrough(proxy.port) })
  await storage.migrate()
  return {
    database,
    proxy,
    storage,
    async cleanUp() {
      await storage.close()
      await proxy.close()
      await database.drop()
    },
  }
}

storageContract<PostgresDatabase>(
  {
    name: 'postgres',
    createStorage: createDatabase,
    capabilities: {
      openAnother: ({ database }) => createPostgresStorage({ url: database.url }),
      startPeer: ({ database }) => startPeer('postgres', database.url),
      async cutConnections({ database }) {
        await database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'latchkey'`,
        )
      },
      breakCommit({ proxy }, statement) {
        proxy.breakBefore(statement)
        return Promise.resolve()
      },
    },
    rounds: Number(process.env['LATCHKEY_TEST_ROUNDS'] ?? 3),
  },
  { describe, it, afterAll },
)
