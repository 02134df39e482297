import type { Migration } from '../migration.ts'

/**
 * A commit copies every page that it touches into the log, so an index that a sign-in leaves alone is a page less for the disk.
 *
 * `looked_at` stands for `charged_at` where old budgets are looked for: a charge does not change it. Rows that are
 * there, and those of code that does not know it, are looked at by the next sweeps: a row written here would let charges wait.
 * The oldest events are found by their ids, which are given in the order of time.
 */
export const fewerPages: Migration = {
  name: '0003_fewer_pages',
  statements: [
    `ALTER TABLE {budget} ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0`,
    `DROP INDEX {budget}_charged_at`,
    `CREATE INDEX {budget}_looked_at ON {budget} (looked_at)`,
    `DROP INDEX {event}_occurred_at`,
  ],
}
