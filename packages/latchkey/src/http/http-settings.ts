/** What the handler needs to know of the outside. Nothing here is ever taken from a request (design rule 7). */
export interface HttpSettings {
  /** Path under which the routes are mounted, e.g. `/auth`; empty for the root. */
  readonly basePath: string
  /** Where people reach the handler, e.g. `https://app.example.com`: its origin is our own, its scheme decides cookies and HSTS. */
  readonly publicUrl: string
  /** Further origins that may send unsafe requests and read answers, e.g. `['https://admin.example.com']`. Whole origins, no patterns. */
  readonly allowedOrigins: readonly string[]
  /**
   * Whose forwarding headers are believed. A list of addresses and CIDR blocks of proxies, or how many proxies stand between the
   * client and this process. Empty or 0: nobody's; the peer is the client.
   */
  readonly trustedProxies: readonly string[] | number
  /** The one header that those proxies write. The other is never read: a proxy passes on what it does not know. */
  readonly forwardedHeader?: ForwardedHeader
  /** Bytes of a request's body; one more is refused with 413. */
  readonly bodyLimitBytes: number
  /** Answers direct requests to localhost alone (design rule 16). */
  readonly development: boolean
}

export type ForwardedHeader = 'x-forwarded-for' | 'forwarded'

export const defaultHttpSettings: Omit<HttpSettings, 'publicUrl'> = {
  basePath: '/auth',
  allowedOrigins: [],
  trustedProxies: [],
  // The largest honest body is a passkey registration of a few KiB.
  bodyLimitBytes: 65_536,
  development: false,
}
