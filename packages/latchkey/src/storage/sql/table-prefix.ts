import { LatchkeyError } from '../../platform/errors.ts'

export const defaultTablePrefix = 'latchkey_'

/** Part of every statement's text, so it is checked once and never quoted. */
export function checkedTablePrefix(prefix: string = defaultTablePrefix): string {
  if (/^[a-z][a-z0-9_]{0,19}_$/.test(prefix)) return prefix
  throw new LatchkeyError(
    'config_invalid',
    `The table prefix must be lower-case letters, digits and underscores, at most 21 characters, and end in an underscore.`,
  )
}
