import { changeColumns, eventColumns, insertList, sealColumns, selectList } from '../columns.ts'
import { guarded, overSet, rows, type Statement } from '../statement.ts'

export type AuditStatement =
  | 'appendEvent'
  | 'appendSeal'
  | 'appendChange'
  | 'listEvents'
  | 'listEventsAscending'
  | 'listEventsOfUser'
  | 'listEventsOfUserAscending'
  | 'listEventRange'
  | 'listSeals'
  | 'hasEvent'
  | 'lastSeal'
  | 'listChanges'
  | 'lastChangeBefore'
  | 'appendChangeOfSession'
  | 'appendChangesOfTrimmed'

const select = `SELECT ${selectList(eventColumns, 'e')} FROM {event} e`
const isOfKind = `e.kind >= :kind_low AND e.kind <= :kind_high`
const descending = `e.id < :before AND ${isOfKind} ORDER BY e.id DESC LIMIT :limit`
const ascending = `e.id > :after AND ${isOfKind} ORDER BY e.id LIMIT :limit`

function appendChangeOfSession(now: string): string {
  return `
    INSERT INTO {change} (user_id, session_id, occurred_at)
    SELECT s.user_id, s.id, ${now} FROM {session} s WHERE s.id = :session_id`
}

export const auditStatements: Readonly<Record<AuditStatement, Statement>> = {
  appendEvent: overSet(`INSERT INTO {event} ${insertList(eventColumns)}`),
  appendSeal: guarded({
    sqlite: `INSERT INTO {seal} ${insertList(sealColumns)} ON CONFLICT DO NOTHING`,
    postgres: `INSERT INTO {seal} ${insertList(sealColumns)} ON CONFLICT DO NOTHING`,
    mysql: `INSERT INTO {seal} ${insertList(sealColumns)}`,
  }),
  appendChange: overSet(`INSERT INTO {change} (user_id, session_id, occurred_at) VALUES (:user_id, :session_id, :now)`),
  appendChangeOfSession: overSet({
    sqlite: appendChangeOfSession(':now'),
    // PostgreSQL takes a bare parameter of a select list for text.
    postgres: appendChangeOfSession(':now::bigint'),
    mysql: appendChangeOfSession(':now'),
  }),
  // Runs after `trimSessions`, in the same commit; on PostgreSQL as a part of it.
  appendChangesOfTrimmed: overSet(`
    INSERT INTO {change} (user_id, session_id, occurred_at)
    SELECT s.user_id, s.id, s.revoked_at FROM {session} s
    WHERE s.user_id = :user_id AND s.revoked_at = :now AND s.revoked_reason = 'too_many_sessions'`),

  listEvents: rows(`${select} WHERE ${descending}`),
  listEventsAscending: rows(`${select} WHERE ${ascending}`),
  listEventsOfUser: rows(`${select} WHERE e.user_id = :user_id AND ${descending}`),
  listEventsOfUserAscending: rows(`${select} WHERE e.user_id = :user_id AND ${ascending}`),
  listEventRange: rows(`${select} WHERE e.id > :after AND e.id <= :through ORDER BY e.id LIMIT :limit`),
  listSeals: rows(`
    SELECT ${selectList(sealColumns, 's')} FROM {seal} s WHERE s.sequence > :after ORDER BY s.sequence LIMIT :limit`),
  hasEvent: rows(`SELECT 1 FROM {event} WHERE id = :id`),
  lastSeal: rows(`SELECT ${selectList(sealColumns, 's')} FROM {seal} s ORDER BY s.sequence DESC LIMIT 1`),
  listChanges: rows(`
    SELECT ${selectList(changeColumns, 'c')} FROM {change} c WHERE c.sequence > :after ORDER BY c.sequence LIMIT :limit`),
  lastChangeBefore: rows(`
    SELECT ${selectList(changeColumns, 'c')} FROM {change} c WHERE c.occurred_at < :at ORDER BY c.sequence DESC LIMIT 1`),
}
