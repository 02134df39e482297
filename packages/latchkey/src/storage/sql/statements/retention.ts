import type { Expirable } from '../../../store/writes.ts'
import { overSet, rows, type Statement } from '../statement.ts'

export type RetentionStatement = `remove_${Expirable}` | 'putOffBudgets' | 'counts' | 'databaseNow'

/** Oldest first where an index gives that order for nothing. */
function removal(removed: {
  readonly from: string
  readonly key: string
  readonly where: string
  readonly by?: string
  /** Instead of `where` and `by` on SQLite: what has to be removed, from behind FROM on. */
  readonly onSqlite?: string
  /** The whole statement there. */
  readonly onPostgres?: string
}): Statement {
  const { from, key, where } = removed
  const first = `${removed.by === undefined ? '' : `ORDER BY ${removed.by}`} LIMIT :limit`
  return overSet({
    sqlite: `
      DELETE FROM {${from}}
      WHERE ${key} IN (SELECT ${key} FROM ${removed.onSqlite ?? `{${from}} WHERE ${where} ${first}`})`,
    // Two sweepers at once take different rows instead of waiting for each other.
    postgres:
      removed.onPostgres ??
      `DELETE FROM {${from}}
       WHERE ${key} IN (SELECT ${key} FROM {${from}} WHERE ${where} ${first} FOR UPDATE SKIP LOCKED)`,
    mysql: `DELETE FROM {${from}} WHERE ${where} ${first}`,
  })
}

export const retentionStatements: Readonly<Record<RetentionStatement, Statement>> = {
  remove_challenges: removal({ from: 'challenge', key: 'id', where: 'expires_at < :before', by: 'expires_at' }),
  remove_sessions: removal({ from: 'session', key: 'id', where: '(expires_at < :before OR revoked_at < :before)' }),
  remove_devices: removal({ from: 'device', key: 'id', where: 'expires_at < :before', by: 'expires_at' }),
  remove_messages: removal({ from: 'message', key: 'id', where: 'settled_at < :before', by: 'settled_at' }),
  remove_budgets: removal({
    from: 'budget',
    key: 'budget_key',
    where: 'charged_at < :before',
    by: 'charged_at',
    onSqlite: '{budget} WHERE looked_at < :before AND charged_at < :before ORDER BY looked_at LIMIT :limit',
    onPostgres: `
      WITH put_off AS (
        UPDATE {budget} SET looked_at = charged_at
        WHERE budget_key IN (
          SELECT budget_key FROM {budget} WHERE looked_at < :before AND charged_at >= :before
          LIMIT 10 * :limit::int FOR UPDATE SKIP LOCKED
        )
      )
      DELETE FROM {budget}
      WHERE budget_key IN (
        SELECT budget_key FROM {budget} WHERE looked_at < :before AND charged_at < :before
        ORDER BY looked_at LIMIT :limit FOR UPDATE SKIP LOCKED
      )`,
  }),
  // On SQLite alone, behind the last `remove_budgets`: what was charged since it was looked at is looked at when it may be over.
  putOffBudgets: overSet(`
    UPDATE {budget} SET looked_at = charged_at
    WHERE budget_key IN (
      SELECT budget_key FROM {budget} WHERE looked_at < :before AND charged_at >= :before LIMIT 10 * :limit
    )`),
  remove_changes: removal({ from: 'change', key: 'sequence', where: 'occurred_at < :before', by: 'sequence' }),
  'remove_signing-keys': removal({
    from: 'signing_key',
    key: 'kid',
    where: `state = 'previous' AND retired_at < :before`,
    by: 'retired_at',
  }),
  remove_events: removal({
    from: 'event',
    key: 'id',
    where: 'occurred_at < :before',
    by: 'occurred_at',
    // Ids are given in the order of time.
    onSqlite: '(SELECT id, occurred_at FROM {event} ORDER BY id LIMIT :limit) WHERE occurred_at < :before',
    onPostgres: `
      DELETE FROM {event}
      WHERE id IN (
        SELECT id FROM (SELECT id, occurred_at FROM {event} ORDER BY id LIMIT :limit) oldest WHERE occurred_at < :before
      )`,
  }),

  counts: rows(`
    SELECT (SELECT count(*) FROM {user}),
           (SELECT count(*) FROM {session} WHERE revoked_at IS NULL AND expires_at > :now),
           (SELECT count(*) FROM {message} WHERE status = 'queued'),
           (SELECT count(*) FROM {challenge} WHERE consumed_at IS NULL AND expires_at > :now)`),
  databaseNow: rows({
    sqlite: `SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER)`,
    postgres: `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
    mysql: `SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)`,
  }),
}
