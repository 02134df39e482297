// Our columns are text and integers up to 2^53; pg would hand BIGINT out as text.
const integerTypes: ReadonlySet<number> = new Set([20, 21, 23])

/** Rows as arrays, of text and numbers. */
export const asArrays: {
  readonly rowMode: 'array'
  readonly types: { readonly getTypeParser: (type: number) => (value: string) => string | number }
} = { rowMode: 'array', types: { getTypeParser: (type) => (isIntegerType(type) ? Number : asIs) } }

export function isIntegerType(type: number): boolean {
  return integerTypes.has(type)
}

function asIs(value: string): string {
  return value
}
