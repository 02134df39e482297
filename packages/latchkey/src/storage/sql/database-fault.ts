import { LatchkeyError } from '../../platform/errors.ts'

/**
 * What went wrong, in terms that all databases share.
 *
 * - `unavailable`: nothing was done, because nobody answers or the work was refused (full disk, read-only, time-out, no rights).
 * - `cut`: the connection broke while a statement was under way; whether it was done is not known.
 * - `collision`: deadlock, serialisation failure, lock time-out; the transaction is rolled back and may be repeated.
 * - `schema`: a table or column is not there.
 * - `unique`, `reference`: a constraint refused the statement.
 */
export type FaultKind = 'unavailable' | 'cut' | 'collision' | 'schema' | 'unique' | 'reference'

/** The driver's code, where there is one: `23505`, `ER_DUP_ENTRY`, `SQLITE_FULL`, `ECONNREFUSED`. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/**
 * The error that leaves the storage. Its cause repeats the driver's code and sentence without what stood in quotes, and none of the
 * driver's other fields: statements, values, rows and connection settings may be personal or secret.
 */
export function faultError(kind: FaultKind, error: unknown): LatchkeyError {
  const cause = safeCause(error)
  switch (kind) {
    case 'unavailable':
      return new LatchkeyError('storage_unavailable', undefined, { cause, retryAfterSeconds: 1 })
    case 'cut':
      return new LatchkeyError('outcome_unknown', undefined, { cause, retryAfterSeconds: 1 })
    case 'collision':
      return new LatchkeyError('storage_conflict', undefined, { cause, retryAfterSeconds: 1 })
    case 'schema':
      return new LatchkeyError('schema_outdated', undefined, { cause })
    case 'unique':
    case 'reference':
      return new LatchkeyError('storage_conflict', 'A row that should be fresh is there already.', { cause })
    default:
      return kind satisfies never
  }
}

function safeCause(error: unknown): Error {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : 'the driver threw something that is no error'
  // Databases quote values ('…' and "…"); URLs carry passwords.
  const safe = message.replaceAll(/'[^']*'|"[^"]*"/g, '…').replaceAll(/\w+:\/\/\S+/g, '…')
  return new Error(code === '' ? safe : `${code}: ${safe}`)
}
