/** A rendered mail. `to` and `from` have passed the address parser; no field holds a line break where a header would. */
export interface Mail {
  /** Stable for one outbox message, so that a mail that leaves twice is recognised: the outbox is at-least-once. */
  readonly id: string
  /** The `Message-ID` header for it, in angle brackets: `<id@host of publicUrl>`. */
  readonly messageId: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly at: number
}

/** Where mails go: SMTP, the development mailbox, or the application's own. */
export interface MailTransport {
  /** Resolves when the mail was accepted. @throws anything: the message stays in the outbox and is tried again. */
  send(mail: Mail): Promise<void>
  close?(): Promise<void>
}
