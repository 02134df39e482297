import { codeOf, type FaultKind } from '../database-fault.ts'

const collisions: ReadonlySet<number> = new Set([1213, 1205, 1020])
const missing: ReadonlySet<number> = new Set([1146, 1054, 1305])
const unique: ReadonlySet<number> = new Set([1062, 1169, 1586])
const reference: ReadonlySet<number> = new Set([1452, 1216])
// The server goes down, or somebody ended this connection.
const gone: ReadonlySet<number> = new Set([1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031])

/** https://mariadb.com/kb/en/mariadb-error-codes/. `undefined`: the driver's or our own mistake, not the database's. */
export function mysqlFault(error: unknown): FaultKind | undefined {
  if (error instanceof TypeError) return undefined
  const number = serverErrorOf(error)
  if (number === undefined || gone.has(number)) return 'cut'
  if (collisions.has(number)) return 'collision'
  if (missing.has(number)) return 'schema'
  if (unique.has(number)) return 'unique'
  return reference.has(number) ? 'reference' : 'unavailable'
}

/** Set when the server itself spoke; the driver's and the system's errors have names such as `ECONNRESET` instead. */
function serverErrorOf(error: unknown): number | undefined {
  if (!codeOf(error).startsWith('ER_') && !hasSqlState(error)) return undefined
  if (typeof error !== 'object' || error === null || !('errno' in error)) return undefined
  return typeof error.errno === 'number' ? error.errno : undefined
}

function hasSqlState(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'sqlState' in error && typeof error.sqlState === 'string'
}

/** What a repeated DDL statement says of what an interrupted migration had done already. */
export function isDoneAlready(error: unknown): boolean {
  return [1050, 1060, 1061, 1091, 1826].includes(serverErrorOf(error) ?? 0)
}
