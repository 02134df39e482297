import type { Kind } from './kind.ts'

/** One key, documented here and nowhere else: `docs/configuration.md`, `--help`, `latchkey config` and the refusals are made from it. */
export interface ConfigKey<Value> {
  /** Environment variable. */
  readonly variable: string
  readonly kind: Kind<NonNullable<Value>>
  /** Where more than one variable makes the value: what they say together, `undefined` when none is set. */
  readonly gather?: (environment: Readonly<Record<string, string | undefined>>) => unknown
  readonly fallback: Value
  /** What the documentation says in place of a default, where the default depends on something. */
  readonly fallbackText?: string
  readonly help: string
  /** Never shown, and never on the command line, where every user of the machine could read it. */
  readonly secret?: true
}
