import { afterAll, describe, it } from 'vitest'
import { startPeer } from '../../../../../test/databases/peer.ts'
import { createProxy, mysqlFraming, mysqlMeaning, type Proxy } from '../../../../../test/databases/proxy.ts'
import { addressOf, createMysqlDatabase, type TestDatabase } from '../../../../../test/databases/servers.ts'
import type { ContractDatabase } from '../contract/contract.ts'
import { storageContract } from '../contract/storage-contract.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'

interface MysqlDatabase extends ContractDatabase {
  readonly database: TestDatabase
  readonly proxy: Proxy
}

async function createDatabase(): Promise<MysqlDatabase> {
  const database = await createMysqlDatabase()
  const proxy = await createProxy({
    ...addressOf(database.url),
    framing: () => mysqlFraming,
    meaning: mysqlMeaning,
  })
  const storage = await createMysqlStorage({ url: database.urlThrough(proxy.port) })
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

storageContract<MysqlDatabase>(
  {
    name: 'mysql',
    createStorage: createDatabase,
    capabilities: {
      openAnother: ({ database }) => createMysqlStorage({ url: database.url }),
      startPeer: ({ database }) => startPeer('mysql', database.url),
      async cutConnections({ database }) {
        const connections = await database.query(
          'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
        )
        for (const { id } of connections) await database.query(`KILL ${String(id)}`).catch(() => [])
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
