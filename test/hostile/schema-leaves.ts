import type { GenericSchema } from 'valibot'

/** A place in a body where one value stands. */
export interface Leaf {
  readonly path: readonly string[]
  readonly isOptional: boolean
  readonly isNullable: boolean
}

interface Shape {
  readonly type: string
  readonly wrapped?: Shape
  readonly entries?: Readonly<Record<string, Shape>>
}

/** Every field of a schema, those of nested objects too, the objects themselves included. */
export function leavesOf(schema: GenericSchema): readonly Leaf[] {
  return leavesBelow(schema as unknown as Shape, [])
}

function leavesBelow({ entries = {} }: Shape, above: readonly string[]): readonly Leaf[] {
  return Object.entries(entries).flatMap(([name, shape]) => {
    const wrappers: string[] = []
    let inner = shape
    while (inner.wrapped !== undefined) {
      wrappers.push(inner.type)
      inner = inner.wrapped
    }
    const path = [...above, name]
    const isOptional = wrappers.some((type) => /optional|nullish/.test(type))
    const isNullable = wrappers.some((type) => /null/.test(type))
    return [{ path, isOptional, isNullable }, ...leavesBelow(inner, path)]
  })
}

export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Readonly<Record<string, unknown>>)[name], value)
}

/** A copy with another value there; `undefined` leaves the field out of the JSON. */
export function replaced(value: unknown, [name, ...below]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by
  const fields = value as Readonly<Record<string, unknown>>
  return { ...fields, [name]: replaced(fields[name], below, by) }
}
