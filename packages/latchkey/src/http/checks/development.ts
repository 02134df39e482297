import type { Incoming } from '../exchange.ts'

/**
 * Development mode is for the person at this machine: the Host must be a name of the machine itself (DNS rebinding: a page of evil.example can
 * point its own name at 127.0.0.1 and then counts as same-origin), and nothing may have been forwarded (design rule 16).
 */
export function isLocalRequest(incoming: Incoming): boolean {
  const host = incoming.header('host') ?? hostOf(incoming.target)
  if (host === undefined || !localHost.test(host)) return false
  return forwardingHeaders.every((name) => incoming.header(name) === null)
}

const localHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/** A `Request` that was built in the process has no Host header; its URL says the same. */
function hostOf(target: string): string | undefined {
  const scheme = target.indexOf('://')
  if (scheme === -1) return undefined
  const end = target.indexOf('/', scheme + 3)
  return target.slice(scheme + 3, end === -1 ? undefined : end)
}
