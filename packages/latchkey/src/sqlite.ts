export {
  createSqliteStorage,
  type SqliteStorage,
  type SqliteStorageOptions,
} from './storage/sql/sqlite/sqlite-storage.ts'
