import type { Core } from '../core/core.ts'
import { LatchkeyError } from '../platform/errors.ts'
import { messageLabel } from './enqueue-message.ts'
import { MailError } from './mail-error.ts'
import type { Mail } from './mail-transport.ts'
import type { Message } from './message.ts'
import type { AnyMessage } from './message-data.ts'
import { isKnownTemplate, parseMessageData } from './parse-message-data.ts'
import { oneLine } from './render-mail.ts'
import { renderMessage, type MailTemplates } from './templates.ts'

/**
 * Opens the sealed data of an outbox row and writes the mail.
 *
 * @throws MailError `deferred` when another node, or this one after its secrets were put right, can still write it; `refused` when nobody can
 */
export function composeMail(
  { keys, clock, settings }: Pick<Core, 'keys' | 'clock' | 'settings'>,
  message: Message,
  templates: Partial<MailTemplates> | undefined,
): Mail {
  if (!isKnownTemplate(message.template)) throw new MailError('deferred', 'template unknown to this version')
  const data = parseMessageData(message.template, openData(keys, message))
  if (data === undefined) throw new MailError('refused', 'data does not fit the template')
  const { appName, publicUrl } = settings
  try {
    const { subject, text, html } = renderMessage(withWholeLinks(data, publicUrl), {
      appName,
      publicUrl,
      locale: message.locale,
      templates,
    })
    return {
      id: message.id,
      messageId: `<${message.id}@${new URL(publicUrl).hostname}>`,
      to: message.recipient,
      subject: oneLine(subject),
      text,
      html,
      at: clock.now(),
    }
  } catch (cause) {
    throw new MailError('deferred', 'the template threw', cause)
  }
}

function withWholeLinks(message: AnyMessage, publicUrl: string): AnyMessage {
  const whole = (link: string): string => (link.startsWith('/') ? publicUrl + link : link)
  if (message.template === 'password-reset') {
    return { ...message, data: { ...message.data, link: whole(message.data.link) } }
  }
  if (message.template === 'magic-link') {
    return { ...message, data: { ...message.data, link: whole(message.data.link) } }
  }
  if (message.template === 'email-changed') {
    return { ...message, data: { ...message.data, undoLink: whole(message.data.undoLink) } }
  }
  return message
}

function openData(keys: Core['keys'], { id, data }: Message): string {
  try {
    return keys.open(messageLabel(id), data)
  } catch (cause) {
    const isKeyMissing = cause instanceof LatchkeyError && cause.code === 'key_unknown'
    throw new MailError(
      isKeyMissing ? 'deferred' : 'refused',
      isKeyMissing ? 'sealed with a missing secret' : 'sealed data is broken',
      cause,
    )
  }
}
