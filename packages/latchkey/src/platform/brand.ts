/** A string or number that is not just text: two brands never mix, and only the module that mints a brand may cast to it. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name }

/** The one cast to a brand. Call it only from the module that owns the brand, after the check that the brand stands for. */
export function brand<Branded extends Brand<unknown, string>>(value: Branded extends Brand<infer Base, string> ? Base : never): Branded {
  return value as unknown as Branded
}
