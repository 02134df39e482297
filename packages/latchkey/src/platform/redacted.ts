import { inspect } from 'node:util'

const values = new WeakMap<Redacted, string>()

/** A secret that does not print: `String()`, `JSON.stringify` and the inspector all show `[redacted]`. `reveal` is the only way in. */
export class Redacted {
  constructor(value: string) {
    values.set(this, value)
  }
  toString(): string {
    return '[redacted]'
  }
  toJSON(): string {
    return '[redacted]'
  }
}

// What `console.log` and `util.inspect` call.
Object.defineProperty(Redacted.prototype, inspect.custom, { value: () => '[redacted]' })

export function redact(value: string): Redacted {
  return new Redacted(value)
}

export function reveal(secret: Redacted): string {
  const value = values.get(secret)
  if (value === undefined) throw new TypeError('not a redacted secret')
  return value
}
