import type { Migration } from '../migration.ts'

/** The waiting challenges of a person and purpose are read in the order of an index, whatever else was issued to them or to others. */
export const fewerRowsRead: Migration = {
  name: '0005_fewer_rows_read',
  statements: [
    `CREATE INDEX {challenge}_by_user ON {challenge} (user_id, purpose, expires_at)`,
    `DROP INDEX {challenge}_user_id`,
  ],
}
