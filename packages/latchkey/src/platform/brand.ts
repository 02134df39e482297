/** A string or number that is not just text: two brands never mix, and only the module that mints a brand may cast to it. */
export type Brand<Base extends string | number, Name extends string> = Base & { readonly __brand: Name }

/** The one cast to a brand. Call it only from the module that owns the brand, after the check that the brand stands for. */
export function brand<Branded extends Brand<string, string>>(value: string): Branded {
  return value as Branded
}
