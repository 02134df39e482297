import { describe } from 'vitest'
import { revocationOnTwoNodes } from '../../../../../test/databases/revocation-suite.ts'
import { createPostgresDatabase, postgresIsThere } from '../../../../../test/databases/servers.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

describe.skipIf(!postgresIsThere).each([
  ['with hints', {}],
  ['without hints', { listenUrl: false }],
] as const)('a real postgres server, %s', (_, options) => {
  revocationOnTwoNodes('postgres', async () => {
    const database = await createPostgresDatabase()
    const storages = [
      await createPostgresStorage({ ...options, url: database.url }),
      await createPostgresStorage({ ...options, url: database.url }),
    ] as const
    await storages[0].migrate()
    return {
      database,
      storages,
      async cut() {
        await database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE 'latchkey%'`,
        )
      },
      async cleanUp() {
        for (const storage of storages) await storage.close()
        await database.drop()
      },
    }
  })
})
