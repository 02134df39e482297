import { LatchkeyError } from '../platform/errors.ts'
import type { LogFields } from '../platform/logger.ts'
import type { Refusal } from './problem.ts'

/** What the client learns of a fault: whether repeating makes sense. Never the message. */
export function refusalOfFault(error: unknown): Refusal {
  if (!(error instanceof LatchkeyError)) return { problem: 'internal' }
  switch (error.code) {
    case 'storage_unavailable':
    case 'storage_conflict':
    case 'hashing_overloaded':
      return { problem: 'unavailable', retryAfterSeconds: error.retryAfterSeconds }
    case 'outcome_unknown':
      return { problem: 'outcome_unknown', retryAfterSeconds: error.retryAfterSeconds }
    case 'schema_outdated':
    case 'mail_failed':
    case 'key_unknown':
    case 'sealed_value_broken':
    case 'config_invalid':
      return { problem: 'internal' }
    default:
      // A code that this version does not know, from a mixed installation.
      error.code satisfies never
      return { problem: 'internal' }
  }
}

/**
 * What the log learns of a fault. Our own messages hold no secrets; those of others may (a JSON parser quotes its input, a driver quotes
 * the row), so of theirs only the kind, the code and the places in the code are written.
 */
export function faultFields(error: unknown, depth = 0): LogFields {
  if (!(error instanceof Error)) return { name: typeof error }
  const cause = error.cause === undefined || depth === 4 ? {} : { cause: faultFields(error.cause, depth + 1) }
  const code = 'code' in error && typeof error.code === 'string' && isName(error.code) ? { code: error.code } : {}
  const message = error instanceof LatchkeyError ? { message: error.message } : {}
  return { name: isName(error.name) ? error.name : 'Error', ...code, ...message, at: framesOf(error), ...cause }
}

function isName(text: string): boolean {
  return /^[A-Za-z0-9_]{1,64}$/.test(text)
}

/** The stack without the message that it starts with. */
function framesOf(error: Error): readonly string[] {
  const stack = error.stack ?? ''
  const start = error.message === '' ? 0 : stack.indexOf(error.message) + error.message.length
  return stack
    .slice(start)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, 12)
}
