import { parseEmailAddress, type EmailAddress } from '../user/email-address.ts'

export interface SenderAddress {
  readonly name: string | null
  readonly address: EmailAddress
}

/**
 * `Acme <hello@example.com>`, `"Acme, Inc." <hello@example.com>` or a bare address. One sender, and nothing in the name that could end a
 * header or start another address.
 */
export function parseSenderAddress(text: string): SenderAddress | undefined {
  if (text.length > 400 || /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return undefined
  const match = /^\s*(?:"([^"<>]*)"|([^"<>]*?))\s*<([^<>]+)>\s*$/.exec(text)
  const name = (match?.[1] ?? match?.[2] ?? '').trim()
  const address = parseEmailAddress(match?.[3] ?? text)
  return address && { name: name === '' ? null : name, address }
}
