import { challengeColumns } from '../columns.ts'
import { bind, type CompiledStatement, type SqlParameters } from '../statement.ts'
import type { CompiledStatements, StatementName } from '../statements/statements.ts'
import type { PostgresQuery } from './driver.ts'

export type PrepareQuery = (name: StatementName, values: SqlParameters) => PostgresQuery

/** Every statement as `pg` takes it, made once; a call only binds values. */
export function createPrepareQuery(compiled: CompiledStatements): PrepareQuery {
  const texts = Object.fromEntries(
    Object.entries(compiled).map(([name, statement]) => [name, textOf(name, statement)]),
  ) as Readonly<Record<StatementName, string>>
  return (name, values) => ({
    name: compiled[name].name,
    text: texts[name],
    values: bind(compiled[name], values),
  })
}

/**
 * A guard that touches no row divides by zero: the server itself skips the rest of the flight and turns its COMMIT into a rollback, and
 * the position of the error names the loser.
 */
function textOf(name: string, { answers, text }: CompiledStatement): string {
  if (answers !== 'guard') return text
  if (name !== 'chargeAttempt') return `WITH w AS (${text} RETURNING 1) SELECT 1 / (SELECT count(*)::int FROM w)`
  // The charged row comes back with it: column 0 is the guard.
  return `WITH w AS (${text} RETURNING ${challengeColumns.names.join(', ')})
    SELECT 1 / (SELECT count(*)::int FROM w), w.* FROM (VALUES (1)) one LEFT JOIN w ON true`
}
