import PostalMime from 'postal-mime'
import type { MailServer } from '../mail-server.ts'
import { eventually } from './eventually.ts'

/** A mail with something to act on. */
export interface ActionMail {
  readonly id: string
  readonly text: string
  readonly code?: string
  readonly link?: string
}

/** Where the person looks for mail. */
export interface Inbox {
  /** The next mail to the address that holds a code or a link, each once. */
  next(address: string): Promise<ActionMail>
}

/** The development mailbox of a server. */
export function mailboxInbox(serverUrl: string): Inbox {
  return createInbox(async (address) => {
    const response = await fetch(`${serverUrl}/dev/mailbox.json`)
    const mails = (await response.json()) as readonly (ActionMail & { readonly to: string })[]
    return mails.filter(({ to }) => to === address).toReversed()
  })
}

/** A real SMTP server of the test. */
export function smtpInbox(server: Pick<MailServer, 'deliveries'>): Inbox {
  return createInbox((address) =>
    Promise.all(
      server.deliveries
        .filter(({ to }) => to.includes(address))
        .map(async ({ raw }) => {
          const mail = await PostalMime.parse(raw)
          return parseMail(mail.messageId ?? raw, mail.text ?? '')
        }),
    ),
  )
}

export function parseMail(id: string, text: string): ActionMail {
  const code = /^Your code is (\S+)$/m.exec(text)?.[1]
  const link = /^https?:\/\/\S+$/m.exec(text.split('\n-- \n')[0] ?? '')?.[0]
  return { id, text, ...(code === undefined ? {} : { code }), ...(link === undefined ? {} : { link }) }
}

function createInbox(list: (address: string) => Promise<readonly ActionMail[]>): Inbox {
  const seen = new Set<string>()
  return {
    next: (address) =>
      eventually(async () => {
        const mails = await list(address)
        const fresh = mails.find((mail) => !seen.has(mail.id) && (mail.code !== undefined || mail.link !== undefined))
        if (fresh !== undefined) seen.add(fresh.id)
        return fresh
      }, `a mail to ${address}`),
  }
}
