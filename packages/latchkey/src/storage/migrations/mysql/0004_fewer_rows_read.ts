import type { Migration } from '../migration.ts'

/**
 * The waiting challenges of a person and purpose are read in the order of an index, whatever else was issued to them or to others.
 * Events of one kind are found without reading the others; the oldest ones by their ids, which are given in the order of time.
 */
export const fewerRowsRead: Migration = {
  name: '0004_fewer_rows_read',
  statements: [
    `CREATE INDEX {challenge}_by_user ON {challenge} (user_id, purpose, expires_at)`,
    `DROP INDEX {challenge}_user_id ON {challenge}`,
    `CREATE INDEX {event}_by_kind ON {event} (kind, id)`,
    `DROP INDEX {event}_occurred_at ON {event}`,
  ],
}
