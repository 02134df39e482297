import { deviceColumns, insertList, selectList, sessionColumns, userColumns } from '../columns.ts'
import { guarded, overSet, rows, type SqlDialect, type Statement } from '../statement.ts'

export type SessionStatement =
  | 'openSession'
  | 'trimSessions'
  | 'rotateRefresh'
  | 'renewSession'
  | 'revokeSession'
  | 'revokeSessions'
  | 'carrySession'
  | 'touchSession'
  | 'rememberDevice'
  | 'forgetDevice'
  | 'forgetDevices'
  | 'findSession'
  | 'listSessions'
  | 'findDevice'

const session = selectList(sessionColumns, 's')
const live = 'revoked_at IS NULL AND expires_at > :now'
const liveOfUser = `FROM {session} WHERE user_id = :user_id AND ${live} ORDER BY id DESC`
const trimmed = `revoked_at = :now, revoked_reason = 'too_many_sessions'`

// The user row is locked, so that of two parallel sign-ins the later one sees the earlier one's session when it trims.
function openSession(dialect: SqlDialect, lock: string): string {
  const values = sessionColumns.names.map((name) => {
    // PostgreSQL takes a bare parameter of a select list for text.
    return dialect === 'postgres' && sessionColumns.numbers.has(name) ? `:${name}::bigint` : `:${name}`
  })
  return `
    INSERT INTO {session} (${sessionColumns.names.join(', ')})
    SELECT ${values.join(', ')} FROM {user} u
    WHERE u.id = :user_id AND u.blocked_at IS NULL AND u.epoch = :epoch ${lock}`
}

export const sessionStatements: Readonly<Record<SessionStatement, Statement>> = {
  openSession: guarded({
    sqlite: openSession('sqlite', ''),
    postgres: openSession('postgres', 'FOR NO KEY UPDATE OF u'),
    mysql: openSession('mysql', 'FOR UPDATE'),
  }),
  trimSessions: overSet({
    sqlite: `UPDATE {session} SET ${trimmed} WHERE id IN (SELECT id ${liveOfUser} LIMIT -1 OFFSET :keep)`,
    // With what follows from it, `appendChangesOfTrimmed`.
    postgres: `
      WITH trimmed AS (
        UPDATE {session} SET ${trimmed} WHERE id IN (SELECT id ${liveOfUser} OFFSET :keep) RETURNING user_id, id, revoked_at)
      INSERT INTO {change} (user_id, session_id, occurred_at) SELECT user_id, id, revoked_at FROM trimmed`,
    // MySQL wants a LIMIT with its OFFSET, updates no table that it reads unless through a derived one, and for an IN reads all of it.
    mysql: `
      UPDATE {session} s JOIN (SELECT id ${liveOfUser} LIMIT 1000000 OFFSET :keep) oldest ON oldest.id = s.id
      SET ${trimmed}`,
  }),
  rotateRefresh: guarded(`
    UPDATE {session}
    SET previous_turn_digest = turn_digest, turn_digest = :next_turn_digest, turn_salt = :salt, turned_at = :now,
        last_seen_at = CASE WHEN last_seen_at > :now THEN last_seen_at ELSE :now END
    WHERE id = :id AND family_digest = :family_digest AND turn_digest = :turn_digest AND mode = 'token'
      AND ${live} AND last_seen_at > :idle_after
      AND EXISTS (SELECT 1 FROM {user} u WHERE u.id = user_id AND u.blocked_at IS NULL AND u.epoch = {session}.epoch)`),
  renewSession: guarded(`
    UPDATE {session}
    SET secret_digest = :secret_digest, family_digest = :family_digest, turn_digest = :turn_digest,
        previous_turn_digest = :previous_turn_digest, turn_salt = :turn_salt, turned_at = :turned_at,
        aal = :aal, amr = :amr, authenticated_at = :authenticated_at
    WHERE id = :id AND mode = :mode AND (CASE mode WHEN 'cookie' THEN secret_digest ELSE turn_digest END) = :from AND ${live}
      AND EXISTS (SELECT 1 FROM {user} u WHERE u.id = user_id AND u.blocked_at IS NULL AND u.epoch = {session}.epoch)`),
  revokeSession: guarded(`
    UPDATE {session} SET revoked_at = :now, revoked_reason = :reason
    WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL`),
  revokeSessions: overSet(`
    UPDATE {session} SET revoked_at = :now, revoked_reason = :reason
    WHERE user_id = :user_id AND id <> :except_id AND ${live}`),
  // Runs after the user's epoch was raised, in the same commit.
  carrySession: overSet(`
    UPDATE {session} SET epoch = epoch + 1
    WHERE id = :id AND user_id = :user_id AND ${live}
      AND epoch + 1 = (SELECT u.epoch FROM {user} u WHERE u.id = :user_id)`),
  touchSession: overSet(`UPDATE {session} SET last_seen_at = :at WHERE id = :id AND last_seen_at < :at`),

  rememberDevice: overSet(`INSERT INTO {device} ${insertList(deviceColumns)}`),
  forgetDevice: overSet(`DELETE FROM {device} WHERE user_id = :user_id AND id = :id`),
  forgetDevices: overSet(`DELETE FROM {device} WHERE user_id = :user_id`),

  findSession: rows(`
    SELECT ${session}, ${selectList(userColumns, 'u')}
    FROM {session} s JOIN {user} u ON u.id = s.user_id WHERE s.id = :id`),
  listSessions: rows(`
    SELECT ${session} FROM {session} s
    WHERE s.user_id = :user_id AND s.revoked_at IS NULL AND s.expires_at > :now ORDER BY s.id DESC`),
  findDevice: rows(`
    SELECT ${selectList(deviceColumns, 'd')}, u.email FROM {device} d JOIN {user} u ON u.id = d.user_id WHERE d.id = :id`),
}
