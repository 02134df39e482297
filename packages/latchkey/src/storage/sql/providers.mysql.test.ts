import { providersOnTwoNodes } from '../../../../../test/databases/provider-suite.ts'
import { createMysqlDatabase } from '../../../../../test/databases/servers.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'

providersOnTwoNodes('mysql', async () => {
  const database = await createMysqlDatabase()
  const storages = [
    await createMysqlStorage({ url: database.url }),
    await createMysqlStorage({ url: database.url }),
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
