import { inspect } from 'node:util'
import { LatchkeyError } from '../platform/errors.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'

/** How a fault is told on the command line. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly exitCode: ExitCode
}

export function failureOf(error: unknown): Failure {
  if (error instanceof LatchkeyError) {
    return { code: error.code, message: [error.message, ...causesOf(error)].join('\n'), exitCode: exitOf(error) }
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal'
  if (error instanceof Error && error.name === 'ListenError') {
    return { code: code.toLowerCase(), message: error.message, exitCode: exitCodes.machine }
  }
  if (error instanceof Error && /^(EACCES|EPERM|EROFS|ENOSPC|ENOENT|ENOTDIR|EISDIR|EEXIST)$/.test(code)) {
    return { code: code.toLowerCase(), message: `${error.message}. ${fileAdvice(code)}`, exitCode: exitCodes.machine }
  }
  return { code: 'internal', message: inspect(error), exitCode: exitCodes.internal }
}

function fileAdvice(code: string): string {
  if (code === 'ENOSPC') return 'The disk is full.'
  if (code === 'ENOENT') return 'The file, or the folder that it should be in, is not there.'
  return 'Check the owner of the file or folder, or name another one.'
}

function exitOf({ code }: LatchkeyError): ExitCode {
  switch (code) {
    case 'config_invalid':
    case 'key_unknown':
      return exitCodes.configuration
    case 'storage_unavailable':
    case 'storage_conflict':
    case 'outcome_unknown':
    case 'schema_outdated':
      return exitCodes.database
    case 'hashing_overloaded':
    case 'mail_failed':
    case 'sealed_value_broken':
      return exitCodes.refused
    default:
      code satisfies never
      return exitCodes.internal
  }
}

/** What a driver said, without what stood in quotes or in a URL: that may be a value or a password. */
function causesOf(error: Error): readonly string[] {
  const lines: string[] = []
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    const safe = cause.message.replaceAll(/'[^']*'|"[^"]*"/g, '…').replaceAll(/\w+:\/\/\S+/g, '…')
    lines.push(`  cause: ${safe.replaceAll('\n', ' ')}`)
  }
  return lines
}
