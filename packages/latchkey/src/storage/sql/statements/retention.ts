import type { Expirable } from '../../../store/writes.ts'
import { overSet, rows, type Statement } from '../statement.ts'

export type RetentionStatement = `remove_${Expirable}` | 'putOffBudgets' | 'counts' | 'databaseNow'

/** Oldest first, in the order of an index. */
function removal(removed: {
  readonly from: string
  readonly key: string
  readonly where: string
  readonly by: string
  /** Instead of `where` and `by` on SQLite: what has to be removed, from behind FROM on. */
  readonly onSqlite?: string
  /** The whole statement there. */
  readonly onPostgres?: string
}): Statement {
  const { from, key, where } = removed
  const first = `ORDER BY ${removed.by} LIMIT :limit`
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

/** Removes what `found` selects. On MySQL through a join: for an IN it reads the whole table. */
function removalOf(from: string, key: string, found: (skipLocked: string) => string): Statement {
  const remove = `DELETE FROM {${from}} WHERE ${key} IN`
  return overSet({
    sqlite: `${remove} (${found('')})`,
    postgres: `${remove} (${found('FOR UPDATE SKIP LOCKED')})`,
    mysql: `DELETE r FROM {${from}} r JOIN (${found('')}) found ON found.${key} = r.${key}`,
  })
}

/** Of a log whose keys are given in the order of time: a look at its first rows, so that it is not read to the end when none is old enough. */
function removalFromLog(from: string, key: string): Statement {
  const first = `SELECT ${key}, occurred_at FROM {${from}} ORDER BY ${key} LIMIT :limit`
  return removalOf(from, key, () => `SELECT ${key} FROM (${first}) oldest WHERE occurred_at < :before`)
}

export const retentionStatements: Readonly<Record<RetentionStatement, Statement>> = {
  remove_challenges: removal({ from: 'challenge', key: 'id', where: 'expires_at < :before', by: 'expires_at' }),
  // Each kind by its own index: for an OR, MySQL collects all that are over before it removes the first.
  remove_sessions: removalOf('session', 'id', (skipLocked) => {
    const first = (isOver: string, by: string): string =>
      `SELECT id FROM {session} WHERE ${isOver} ORDER BY ${by} LIMIT :limit ${skipLocked}`
    return `
      SELECT id FROM (${first('revoked_at < :before', 'revoked_at')}) revoked
      UNION SELECT id FROM (${first('revoked_at IS NULL AND expires_at < :before', 'expires_at')}) expired
      LIMIT :limit`
  }),
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
  remove_changes: removalFromLog('change', 'sequence'),
  'remove_signing-keys': removal({
    from: 'signing_key',
    key: 'kid',
    where: `state = 'previous' AND retired_at < :before`,
    by: 'retired_at',
  }),
  remove_events: removalFromLog('event', 'id'),

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
