import type { Settings } from '../core/settings.ts'

/**
 * Where a browser may go after a sign-in: a path of our own, or an address at `publicUrl` or one of `redirectOrigins` (design rule 7). What comes back is
 * normalised, fit for a `Location` header; `undefined` is for everything else (CWE-601, ASVS 3.7.2).
 *
 * @example parseRedirectTarget(settings, '/account?tab=devices') // '/account?tab=devices'
 */
export function parseRedirectTarget(
  { publicUrl, redirectOrigins }: Pick<Settings, 'publicUrl' | 'redirectOrigins'>,
  text: string,
): string | undefined {
  // Browsers drop tabs and line breaks, and take `\` for `/`: nothing that could be read in two ways.
  if (text.length > 2_048 || !/^[\x21-\x7e]+$/.test(text) || text.includes('\\')) return undefined
  if (text.startsWith('/')) {
    const path = pathAt(publicUrl, text)
    // `//host` names another host, and `/..//host` becomes it.
    return path?.startsWith('//') === false ? path : undefined
  }
  if (!/^https?:\/\//i.test(text)) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') return undefined
  return url.origin === publicUrl || redirectOrigins.includes(url.origin) ? url.href : undefined
}

function pathAt(origin: string, text: string): string | undefined {
  if (!URL.canParse(text, origin)) return undefined
  const url = new URL(text, origin)
  return url.origin === origin ? `${url.pathname}${url.search}${url.hash}` : undefined
}
