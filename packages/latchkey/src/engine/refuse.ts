import { LatchkeyError } from '../platform/errors.ts'

/** @throws LatchkeyError `config_invalid`, naming the option and what it must be */
export function refuseUnless(good: boolean, name: string, wanted: string): asserts good {
  if (!good) throw new LatchkeyError('config_invalid', `${name} must be ${wanted}.`)
}

/** A whole number between two bounds, both included. */
export function refuseUnlessWithin(value: unknown, [least, most]: readonly [number, number], name: string): void {
  const isWithin = Number.isSafeInteger(value) && least <= (value as number) && (value as number) <= most
  refuseUnless(isWithin, name, `a whole number from ${least} to ${most}`)
}

/** A misspelled option must not be a silent default. */
export function refuseUnknown(given: object, known: object, prefix: string): void {
  for (const name of Object.keys(given))
    refuseUnless(Object.hasOwn(known, name), prefix + name, 'an option that exists')
}

export function isLocalHost(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
