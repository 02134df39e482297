import { domainToASCII } from 'node:url'
import { brand, type Brand } from '../platform/brand.ts'

/** A normalised address: what is compared, stored and mailed to. */
export type EmailAddress = Brand<string, 'EmailAddress'>

// RFC 5322 dot-atom without quoting: what every mail system delivers, and nothing that needs escaping in a header.
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The one normaliser of addresses: trim, lower case, domain to ASCII (UTS 46); nothing else is folded, so `a+b@x` and `a.b@x` stay
 * themselves. Refuses more than 254 characters (RFC 5321 4.5.3.1.3), a local part over 64 or not ASCII, control characters, several `@`.
 */
export function parseEmailAddress(input: string): EmailAddress | undefined {
  // Before trimming, which would take line breaks at the ends away: who sends one is no person with an address.
  if (input.length > 320 || /[\u0000-\u001f\u007f]/.test(input)) return undefined
  const text = input.trim()
  const at = text.indexOf('@')
  if (at < 1 || at !== text.lastIndexOf('@')) return undefined
  const local = text.slice(0, at)
  // Before lower-casing, which makes ASCII of others: U+212A, the Kelvin sign, becomes `k`.
  if (local.length > 64 || !localPart.test(local)) return undefined
  const rawDomain = text.slice(at + 1)
  // What ends a host for a URL parser, as domainToASCII is one, must not end an address.
  if (/[ /\\?#%:[\]]/.test(rawDomain)) return undefined
  const domain = domainToASCII(rawDomain).toLowerCase()
  if (domain === '' || !domainName.test(domain) || /^\d+(\.\d+)*$/.test(domain)) return undefined
  const address = `${local.toLowerCase()}@${domain}`
  return address.length <= 254 ? brand<EmailAddress>(address) : undefined
}

/** `j…@example.com`, made from the input alone, so that it is the same for known and unknown addresses. */
export function maskEmailAddress(address: EmailAddress): string {
  const at = address.indexOf('@')
  return `${address.slice(0, 1)}…${address.slice(at)}`
}
