import type { Migration } from '../migration.ts'

/**
 * The waiting challenges of a person and purpose are read in the order of an index, whatever else was issued to them or to others.
 * Live sessions are counted, and those that ran out found, without the ended ones; these are found by `revoked_at`.
 */
export const fewerRowsRead: Migration = {
  name: '0005_fewer_rows_read',
  statements: [
    `CREATE INDEX {challenge}_by_user ON {challenge} (user_id, purpose, expires_at)`,
    `DROP INDEX {challenge}_user_id`,
    `CREATE INDEX {session}_live ON {session} (expires_at) WHERE revoked_at IS NULL`,
    `DROP INDEX {session}_expires_at`,
  ],
}
