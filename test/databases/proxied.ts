import type { ContractDatabase } from '../../packages/latchkey/src/storage/contract/contract.ts'
import type { Storage } from '../../packages/latchkey/src/storage/storage.ts'
import { createMysqlStorage, type MysqlStorageOptions } from '../../packages/latchkey/src/mysql.ts'
import { createPostgresStorage, type PostgresStorageOptions } from '../../packages/latchkey/src/postgres.ts'
import {
  createPostgresFraming,
  createPostgresMeaning,
  createProxy,
  mysqlFraming,
  mysqlMeaning,
  type Proxy,
} from './proxy.ts'
import { addressOf, createMysqlDatabase, createPostgresDatabase, type TestDatabase } from './servers.ts'

/** A database of its own on a real server, with a proxy in front of it that can break, and a migrated storage that goes through it. */
export interface ProxiedDatabase extends ContractDatabase {
  readonly database: TestDatabase
  readonly proxy: Proxy
}

export async function createProxiedPostgres(
  options: Omit<PostgresStorageOptions, 'url' | 'pool'> = {},
): Promise<ProxiedDatabase> {
  const database = await createPostgresDatabase()
  const proxy = await createProxy({
    ...addressOf(database.url),
    framing: createPostgresFraming,
    meaning: createPostgresMeaning,
  })
  return proxied(database, proxy, await createPostgresStorage({ ...options, url: database.urlThrough(proxy.port) }))
}

export async function createProxiedMysql(options: Omit<MysqlStorageOptions, 'url'> = {}): Promise<ProxiedDatabase> {
  const database = await createMysqlDatabase()
  const proxy = await createProxy({
    ...addressOf(database.url),
    framing: () => mysqlFraming,
    meaning: () => mysqlMeaning,
  })
  return proxied(database, proxy, await createMysqlStorage({ ...options, url: database.urlThrough(proxy.port) }))
}

async function proxied(database: TestDatabase, proxy: Proxy, storage: Storage): Promise<ProxiedDatabase> {
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
