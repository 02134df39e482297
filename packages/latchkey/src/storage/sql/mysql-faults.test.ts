import { createConnection } from 'mysql2/promise'
import { afterEach, describe, expect, it } from 'vitest'
import { databaseFaultCases, expectFault, textOf } from '../../../../../test/databases/fault-cases.ts'
import { createProxiedMysql } from '../../../../../test/databases/proxied.ts'
import { createMysqlDatabase, mysqlIsThere } from '../../../../../test/databases/servers.ts'
import { anEvent, aUser, noon } from '../contract/fixtures.ts'
import { createMysqlStorage } from './mysql/mysql-storage.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

describe.skipIf(!mysqlIsThere)('mysql faults', () => {
  databaseFaultCases({
    impatientMs: 4_000,
    create: createProxiedMysql,
    async openRaw(url) {
      const connection = await createConnection({ uri: url })
      return { query: (text) => connection.query(text), end: () => connection.end() }
    },
  })

  it('says that the schema is missing', async () => {
    const database = await createMysqlDatabase()
    cleanUps.push(() => database.drop())
    const storage = await createMysqlStorage({ url: database.url })
    cleanUps.push(() => storage.close())
    await expectFault(storage.findUser(aUser().id), 'schema_outdated')
    await expectFault(storage.commit([{ kind: 'appendEvent', event: anEvent() }], noon), 'schema_outdated')
  })

  it('names neither password nor URL when nobody answers', async () => {
    const storage = await createMysqlStorage({ url: 'mysql://app:s3cret@127.0.0.1:1/app' })
    cleanUps.push(() => storage.close())
    const error = await expectFault(storage.findUser(aUser().id), 'storage_unavailable')
    expect(textOf(error)).not.toContain('s3cret')
    expect(textOf(error)).toContain('ECONNREFUSED')
    await expect(createMysqlStorage({ url: 'app:s3cret@host' })).rejects.not.toThrow('s3cret')
  })

  it('works under READ COMMITTED and strict mode whatever the server’s defaults are', async () => {
    const { storage, database, cleanUp } = await createProxiedMysql()
    cleanUps.push(cleanUp)
    await storage.databaseNow()
    const [row] = await database.query(
      `SELECT t.trx_isolation_level AS level FROM information_schema.innodb_trx t
       JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE()`,
    )
    // Nothing is left open between two calls, so that no transaction holds locks for nobody.
    expect(row).toBeUndefined()
    const locked = await createConnection({ uri: database.url })
    cleanUps.push(() => locked.end())
    const tooLong = storage.commit([{ kind: 'createUser', user: aUser({ locale: 'x'.repeat(65) }) }], noon)
    await expectFault(tooLong, 'storage_unavailable')
  })
})
