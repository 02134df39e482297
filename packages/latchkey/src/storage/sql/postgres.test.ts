import { afterAll, describe, it } from 'vitest'
import { startPeer } from '../../../../../test/databases/peer.ts'
import { createProxiedPostgres, type ProxiedDatabase } from '../../../../../test/databases/proxied.ts'
import { postgresIsThere } from '../../../../../test/databases/servers.ts'
import { storageContract } from '../contract/storage-contract.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

describe.skipIf(!postgresIsThere)('a real postgres server', () => {
  storageContract<ProxiedDatabase>(
    {
      name: 'postgres',
      createStorage: () => createProxiedPostgres(),
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
})
