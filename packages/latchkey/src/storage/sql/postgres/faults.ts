import { codeOf, type FaultKind } from '../database-fault.ts'

/** Five characters: the server itself spoke (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
export function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code)
}

/** `undefined`: the driver's or our own mistake, not the database's. */
export function postgresFault(error: unknown): FaultKind | undefined {
  const code = codeOf(error)
  if (!isSqlState(code)) return error instanceof TypeError ? undefined : 'cut'
  switch (code) {
    case '23505':
      return 'unique'
    case '23503':
      return 'reference'
    case '40001':
    case '40P01':
    case '55P03':
    // The statement is no longer prepared, or has other columns than when it was: the next try prepares it.
    case '26000':
    case '0A000':
      return 'collision'
    case '42P01':
    case '42703':
    case '3F000':
      return 'schema'
    // The server goes down, or somebody ended this connection.
    case '57P01':
    case '57P02':
    case '57P03':
    case '25P03':
    case '57P05':
      return 'cut'
    default:
      return code.startsWith('08') ? 'cut' : 'unavailable'
  }
}

/** The server knows statements of this connection no longer, or not as they would be parsed now. */
export function isStalePreparation(error: unknown): boolean {
  const code = codeOf(error)
  return code === '26000' || code === '0A000'
}

/** 1/0 of a guard that touched no row. */
export function isLostGuard(error: unknown): boolean {
  return codeOf(error) === '22012'
}
