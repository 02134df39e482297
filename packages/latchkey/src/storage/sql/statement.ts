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

/** PostgreSQL numbers its places, the others repeat a question mark. `::type` is a cast there, not a parameter. */
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
    return target.dialect === 'postgres' ? `$${place}` : '?'
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
