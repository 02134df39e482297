export { createMysqlStorage, type MysqlStorageOptions } from './storage/sql/mysql/mysql-storage.ts'
