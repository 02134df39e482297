export type SqlDialect = 'sqlite' | 'postgres' | 'mysql'

export type SqlValue = string | number | null

/** Values by the name that the statement's text gives them. */
export type SqlParameters = Readonly<Record<string, SqlValue>>

/** A row as an array in the order of the select list: cheaper than an object per row, on every driver. */
export type SqlRow = readonly unknown[]

/** One text for all, or one for each dialect where the syntax differs. */
export type SqlText = string | Readonly<Record<SqlDialect, string>>

/**
 * A statement as it is written down: `{user}` stands for the table with its prefix, `:name` for a parameter.
 *
 * - `rows`: a read.
 * - `guard`: touches one row or has lost.
 * - `set`: touches as many rows as there are.
 */
export interface Statement {
  readonly answers: 'rows' | 'guard' | 'set'
  readonly text: SqlText
}

/** A statement of one dialect, ready to be prepared; `parameters` in the order of their places. */
export interface CompiledStatement {
  readonly name: string
  readonly answers: Statement['answers']
  readonly text: string
  readonly parameters: readonly string[]
}

export function rows(text: SqlText): Statement {
  return { answers: 'rows', text }
}

export function guarded(text: SqlText): Statement {
  return { answers: 'guard', text }
}

export function overSet(text: SqlText): Statement {
  return { answers: 'set', text }
}

/**
 * The place of a parameter. SQLite built with SQLITE_ENABLE_STAT4, as better-sqlite3 has it, plans a statement anew at every run in
 * which a bare `?` that the planner looked at is bound again (`sqlite3_prepare_v2`, sqlite.org/c3ref/prepare.html): two thirds of a
 * session check. Of an expression it knows no value, and a unary plus is one that changes nothing.
 */
const places: Readonly<Record<SqlDialect, (place: number) => string>> = {
  sqlite: () => '+?',
  postgres: (place) => `$${place}`,
  mysql: () => '?',
}

/** PostgreSQL numbers its places, the others repeat theirs. `::type` is a cast there, not a parameter. */
export function compileStatement(
  { answers, text }: Statement,
  target: { readonly name: string; readonly dialect: SqlDialect; readonly tablePrefix: string },
): CompiledStatement {
  const parameters: string[] = []
  const source = (typeof text === 'string' ? text : text[target.dialect])
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{(\w+)\}/g, (_, table: string) => target.tablePrefix + table)
  const compiled = source.replaceAll(/(?<!:):([a-z]\w*)/gi, (_, parameter: string) => {
    const known = target.dialect === 'postgres' ? parameters.indexOf(parameter) : -1
    const place = known === -1 ? parameters.push(parameter) : known + 1
    return places[target.dialect](place)
  })
  return { name: target.tablePrefix + target.name, answers, text: compiled, parameters }
}

/** The values in the order of the statement's places. A forgotten one is a mistake in `plan.ts`, never a silent NULL. */
export function bind({ name, parameters }: CompiledStatement, values: SqlParameters): SqlValue[] {
  return parameters.map((parameter) => {
    const value = values[parameter]
    if (value === undefined) throw new TypeError(`${name}: no value for :${parameter}`)
    return value
  })
}
