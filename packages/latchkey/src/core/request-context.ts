import type { Redacted } from '../platform/redacted.ts'

/** Who calls, as a value that is passed along; nothing about a request lives on a shared object (design rule 14). */
export interface RequestContext {
  /** Client address as text, after trusted proxies were taken off; `null` when the adapter cannot know it. */
  readonly ip: string | null
  /** What network budgets count: the IPv4 address or the /64 of an IPv6 address; `unknown` without an address. */
  readonly network: string
  /** At most 256 characters. */
  readonly userAgent: string | null
  readonly requestId: string | null
  /** The session cookie that came along, unjudged: the door ends that session when it opens another one in the same browser. */
  readonly browserSession?: Redacted
}

export const noContext: RequestContext = { ip: null, network: 'unknown', userAgent: null, requestId: null }
