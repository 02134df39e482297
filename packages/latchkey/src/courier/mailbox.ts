import { toIsoTimestamp } from '../platform/timestamp.ts'
import type { Mail, MailTransport } from './mail-transport.ts'

/** A mail as the development mailbox shows it (`/dev/mailbox.json`). */
export interface MailboxEntry {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The code in the mail, when there is one. */
  readonly code?: string
  /** The link to act on, when there is one. */
  readonly link?: string
  /** ISO 8601. */
  readonly at: string
}

/** A transport that keeps the mails. It shows every code and link, so it exists in development and in tests, nowhere else (design rule 16). */
export interface Mailbox extends MailTransport {
  /** Newest first. */
  list(): readonly MailboxEntry[]
  latest(to: string): MailboxEntry | undefined
  clear(): void
}

/**
 * @param options.keep how many mails are kept; the oldest goes first. Default 200
 * @example
 * const mailbox = createMailbox()
 * await courier.drain()
 * const code = mailbox.latest('ada@example.com')?.code
 */
export function createMailbox({ keep = 200 }: { readonly keep?: number } = {}): Mailbox {
  let entries: readonly MailboxEntry[] = []
  return {
    send(mail) {
      entries = [toEntry(mail), ...entries].slice(0, keep)
      return Promise.resolve()
    },
    list: () => entries,
    latest: (to) => entries.find((entry) => entry.to === to),
    clear() {
      entries = []
    },
  }
}

function toEntry({ id, to, subject, text, html, at }: Mail): MailboxEntry {
  const code = /^Your code is (\S+)$/m.exec(text)?.[1]
  const link = /^https?:\/\/\S+$/m.exec(text.split('\n-- \n')[0] ?? '')?.[0]
  const found = { ...(code === undefined ? {} : { code }), ...(link === undefined ? {} : { link }) }
  return { id, to, subject, text, html, ...found, at: toIsoTimestamp(at) }
}
