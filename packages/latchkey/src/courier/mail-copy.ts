/** The words of a mail, before they become text and HTML. One source for both, so that they never say different things. */
export interface MailCopy {
  /** Without the code: mail servers write subjects into their logs. */
  readonly subject: string
  /** What inboxes show beside the subject. */
  readonly preheader: string
  readonly heading: string
  readonly blocks: readonly MailBlock[]
}

export type MailBlock =
  | { readonly kind: 'paragraph'; readonly text: string }
  /** `Your code is 123456`, a line of its own, so that mail programs and autofill find it. */
  | { readonly kind: 'code'; readonly code: string }
  /** Only to the configured `publicUrl`. */
  | { readonly kind: 'link'; readonly label: string; readonly href: string }
  | { readonly kind: 'facts'; readonly facts: readonly { readonly name: string; readonly value: string }[] }
  /** What to do if it was not the person. */
  | { readonly kind: 'aside'; readonly text: string }

export interface RenderedMail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Who writes, and where the product lives. */
export interface Sender {
  readonly appName: string
  readonly publicUrl: string
}
