/**
 * Where a page may lead after a sign-in: this origin, or one that the server names. Some of what it is given stood in the address of the page, which anybody
 * can make (CWE-601, ASVS 3.7.2). Read by the parser that the browser goes by, so that nothing is read in two ways.
 */
export function redirectTarget(
  text: string,
  { origin, redirectOrigins }: { readonly origin: string; readonly redirectOrigins: readonly string[] },
): string | undefined {
  if (!/^(\/|https?:\/\/)/.test(text) || !URL.canParse(text, origin)) return undefined
  const url = new URL(text, origin)
  return url.origin === origin || redirectOrigins.includes(url.origin) ? url.href : undefined
}
