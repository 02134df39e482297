import { secretsAtRest } from '../../../../../test/databases/secrets-suite.ts'
import { createPostgresDatabase, dumpOf } from '../../../../../test/databases/servers.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

secretsAtRest('postgres', async () => {
  const database = await createPostgresDatabase()
  const storage = await createPostgresStorage({ url: database.url })
  await storage.migrate()
  return {
    storage,
    dump: () => dumpOf(database, `table_schema = 'public'`),
    async cleanUp() {
      await storage.close()
      await database.drop()
    },
  }
})
