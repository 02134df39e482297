import { describe } from 'vitest'
import { revocationOnTwoNodes } from '../../../../../test/databases/revocation-suite.ts'
import { createMysqlDatabase, mysqlIsThere } from '../../../../../test/databases/servers.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'

describe.skipIf(!mysqlIsThere)('a real mysql server', () => {
  revocationOnTwoNodes('mysql', async () => {
    const database = await createMysqlDatabase()
    const storages = [
      await createMysqlStorage({ url: database.url }),
      await createMysqlStorage({ url: database.url }),
    ] as const
    await storages[0].migrate()
    return {
      database,
      storages,
      async cut() {
        const found = await database.query(
          'SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()',
        )
        for (const { id, ID = id } of found) await database.query(`KILL ${Number(ID)}`)
      },
      async cleanUp() {
        for (const storage of storages) await storage.close()
        await database.drop()
      },
    }
  })
})
