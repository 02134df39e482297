import { secretsAtRest } from '../../../../../test/databases/secrets-suite.ts'
import { createMysqlDatabase, dumpOf } from '../../../../../test/databases/servers.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'

secretsAtRest('mysql', async () => {
  const database = await createMysqlDatabase()
  const storage = await createMysqlStorage({ url: database.url })
  await storage.migrate()
  return {
    storage,
    dump: () => dumpOf(database, 'table_schema = database()'),
    async cleanUp() {
      await storage.close()
      await database.drop()
    },
  }
})
