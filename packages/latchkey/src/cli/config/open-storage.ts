import { isAbsolute, join, resolve } from 'node:path'
import type { Storage } from '../../storage/storage.ts'
import type { Config } from './read-config.ts'

type Place = Pick<Config, 'databaseUrl' | 'dataDir' | 'directory' | 'databaseConnections' | 'databaseListenUrl'>

/** The file of the embedded database; `undefined` when another database is configured. */
export function sqliteFileOf(config: Pick<Config, 'databaseUrl' | 'dataDir' | 'directory'>): string | undefined {
  const { databaseUrl, dataDir, directory } = config
  if (databaseUrl === null) return join(resolve(directory, dataDir), 'latchkey.db')
  if (!databaseUrl.startsWith('sqlite:')) return undefined
  const file = databaseUrl.replace(/^sqlite:(\/\/(?=\/)|\/\/localhost(?=\/))?/, '')
  return file === ':memory:' || isAbsolute(file) ? file : resolve(directory, file)
}

/**
 * The storage that the configuration names. Only its driver is loaded.
 *
 * @throws LatchkeyError `config_invalid`, `storage_unavailable`
 */
export async function openStorage(config: Place): Promise<Storage> {
  const filename = sqliteFileOf(config)
  if (filename !== undefined) {
    const { createSqliteStorage } = await import('../../storage/sql/sqlite/sqlite-storage.ts')
    return createSqliteStorage({ filename })
  }
  const url = config.databaseUrl ?? ''
  if (/^(mysql|mariadb):/.test(url)) {
    const { createMysqlStorage } = await import('../../storage/sql/mysql/mysql-storage.ts')
    return createMysqlStorage({ url: url.replace(/^mariadb:/, 'mysql:'), maxConnections: config.databaseConnections })
  }
  const { createPostgresStorage } = await import('../../storage/sql/postgres/postgres-storage.ts')
  const { databaseConnections: maxConnections, databaseListenUrl: listenUrl } = config
  return createPostgresStorage({ url, maxConnections, ...(listenUrl === null ? {} : { listenUrl }) })
}
