import { afterAll, describe, it } from 'vitest'
import { startPeer } from '../../../../../test/databases/peer.ts'
import { createProxiedMysql, type ProxiedDatabase } from '../../../../../test/databases/proxied.ts'
import { mysqlIsThere } from '../../../../../test/databases/servers.ts'
import { storageContract } from '../contract/storage-contract.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'

describe.skipIf(!mysqlIsThere)('a real mysql server', () => {
  storageContract<ProxiedDatabase>(
    {
      name: 'mysql',
      createStorage: () => createProxiedMysql(),
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
})
