export { createPostgresStorage, type PostgresStorageOptions } from './storage/sql/postgres/postgres-storage.ts'
