import { codeOf, type FaultKind } from '../database-fault.ts'

/** https://www.sqlite.org/rescode.html. `undefined`: not a fault of the database but a mistake of ours. */
export function sqliteFault(error: unknown): FaultKind | undefined {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : ''
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'collision'
  if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') return 'unique'
  if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return 'reference'
  if (code === 'SQLITE_ERROR') return /no such (table|column)|has no column/.test(message) ? 'schema' : 'unavailable'
  if (code === 'SQLITE_CONSTRAINT_NOTNULL' || code === 'SQLITE_MISUSE' || code === 'SQLITE_RANGE') return undefined
  if (code.startsWith('SQLITE_')) return 'unavailable'
  return /connection is not open/.test(message) ? 'unavailable' : undefined
}
