import type { Migration } from '../migration.ts'

/**
 * A sign-in looks for those of a person's sessions that are one too many: by this index it reads the live ones alone, newest first,
 * however many ended ones are kept. It does not begin with `user_id`: InnoDB would take it for that of the foreign key, and whoever
 * ends a session would lock its user's row behind the session's.
 */
export const sessionsOfUser: Migration = {
  name: '0003_sessions_of_user',
  statements: [
    `CREATE INDEX {session}_by_user ON {session} (revoked_at, user_id, id, expires_at)`,
    `DROP INDEX {session}_revoked_at ON {session}`,
  ],
}
