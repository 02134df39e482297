import type { Incoming } from '../exchange.ts'

/** How an unsafe request was let in: from our own pages, from an allowed origin (tokens only), or from no browser. */
export type CsrfVerdict = 'own' | 'allowed_origin' | 'refused'

/**
 * On every unsafe method, cookie or not: a cross-site POST never carries a Lax cookie, so letting requests without one pass would be
 * login CSRF. Fetch metadata first (a page cannot forge `Sec-*` headers), then Origin; a request with neither comes from no
 * browser and passes only without a cookie (ASVS 3.5.1; OWASP CSRF cheat sheet "Fetch Metadata").
 */
export function checkCsrf(incoming: Incoming, ownOrigin: string, allowedOrigins: ReadonlySet<string>): CsrfVerdict {
  const site = incoming.header('sec-fetch-site')
  const origin = incoming.header('origin')
  if (site === 'same-origin' || site === 'none') return 'own'
  if (site === null && origin === null) return incoming.header('cookie') === null ? 'own' : 'refused'
  if (site === null && origin === ownOrigin) return 'own'
  return origin !== null && allowedOrigins.has(origin) ? 'allowed_origin' : 'refused'
}

export function isSafeMethod(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}
