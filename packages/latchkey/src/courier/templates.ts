import type { MailCopy, RenderedMail, Sender } from './mail-copy.ts'
import { factorMails } from './factor-mails.ts'
import type { MessageData, MessageOf } from './message-data.ts'
import type { MessageTemplate } from './message.ts'
import { noticeMails } from './notice-mails.ts'
import { renderMail } from './render-mail.ts'
import { signInMails } from './sign-in-mails.ts'

/** What a template may use beside its data. */
export interface MailContext extends Sender {
  /** The person's language, when one is known; the built-in mails are English. */
  readonly locale: string | null
  /** The built-in layout for words of your own. @throws TypeError when a link leads away from `publicUrl` */
  render(copy: MailCopy): RenderedMail
}

/**
 * One function a template. Pass some of them as `mail.templates` to replace the built-in ones.
 *
 * Security: data is never HTML; escape it, or leave that to `context.render`.
 *
 * @example
 * const templates: Partial<MailTemplates> = {
 *   'sign-in-code': ({ code }, mail) =>
 *     mail.render({ subject: 'Votre code', preheader: code, heading: 'Votre code', blocks: [{ kind: 'code', code }] }),
 * }
 */
export type MailTemplates = {
  readonly [Template in MessageTemplate]: (data: MessageData[Template], context: MailContext) => RenderedMail
}

export interface RenderOptions extends Sender {
  readonly locale: string | null
  readonly templates?: Partial<MailTemplates> | undefined
}

/** Subject, text and HTML of an outbox message. */
export function renderMessage<Template extends MessageTemplate>(
  { template, data }: MessageOf<Template>,
  { appName, publicUrl, locale, templates = {} }: RenderOptions,
): RenderedMail {
  const sender = { appName: appName.trim() || 'Our service', publicUrl }
  const context = { ...sender, locale, render: (copy: MailCopy) => renderMail(copy, sender) }
  const write: MailTemplates[Template] = templates[template] ?? builtIn[template]
  return write(data, context)
}

const builtIn: MailTemplates = { ...signInMails, ...noticeMails, ...factorMails }
