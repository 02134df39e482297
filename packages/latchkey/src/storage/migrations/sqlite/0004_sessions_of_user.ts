import type { Migration } from '../migration.ts'

/**
 * A sign-in looks for those of a person's sessions that are one too many: by this index it reads the live ones alone, newest first,
 * however many ended ones are kept.
 */
export const sessionsOfUser: Migration = {
  name: '0004_sessions_of_user',
  statements: [
    `CREATE INDEX {session}_by_user ON {session} (user_id, revoked_at, id, expires_at)`,
    `DROP INDEX {session}_user_id`,
  ],
}
