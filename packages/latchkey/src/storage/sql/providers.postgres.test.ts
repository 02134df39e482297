import { providersOnTwoNodes } from '../../../../../test/databases/provider-suite.ts'
import { createPostgresDatabase } from '../../../../../test/databases/servers.ts'
import { createPostgresStorage } from './postgres/postgres-storage.ts'

providersOnTwoNodes('postgres', async () => {
  const database = await createPostgresDatabase()
  const storages = [
    await createPostgresStorage({ url: database.url }),
    await createPostgresStorage({ url: database.url }),
  ] as const
  await storages[0].migrate()
  return {
    storages,
    async cleanUp() {
      for (const storage of storages) await storage.close()
      await database.drop()
    },
  }
})
