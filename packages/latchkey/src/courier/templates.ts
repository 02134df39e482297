import type { MailBlock, MailCopy, RenderedMail, Sender } from './mail-copy.ts'
import type { CodeData, MessageData, MessageOf, OriginData } from './message-data.ts'
import type { MessageTemplate } from './message.ts'
import { describeDevice, describeIp } from './describe-device.ts'
import { renderMail } from './render-mail.ts'

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

const builtIn: MailTemplates = {
  'sign-up-code': (data, mail) =>
    mail.render({
      subject: `Confirm your address for ${mail.appName}`,
      preheader: codePreheader(data),
      heading: 'Confirm your address',
      blocks: [
        paragraph(`Welcome! Enter this code where you are signing up for ${mail.appName}, and your account is ready.`),
        code(data),
        paragraph(validity(data)),
        aside('If you did not ask for an account, ignore this mail: without the code none is created.'),
      ],
    }),

  'sign-up-known': (_data, mail) =>
    mail.render({
      subject: `You already have an account at ${mail.appName}`,
      preheader: 'Nothing was changed. You can simply sign in.',
      heading: 'You already have an account',
      blocks: [
        paragraph(
          `Someone, probably you, tried to sign up for ${mail.appName} with this address. It has an account already, so we changed nothing.`,
        ),
        paragraph('Sign in as usual. If the password escapes you, choose “Forgot password” there.'),
        home(mail),
        aside('If it was not you, there is nothing to do: whoever tried learned nothing and got no access.'),
      ],
    }),

  'sign-in-code': (data, mail) =>
    mail.render({
      subject: `Your sign-in code for ${mail.appName}`,
      preheader: codePreheader(data),
      heading: 'Your sign-in code',
      blocks: [
        paragraph(`Enter this code where you are signing in to ${mail.appName}.`),
        code(data),
        paragraph(`${validity(data)} Give it to nobody; we never ask for it.`),
        aside('If you are not signing in right now, ignore this mail: without the code nobody gets in.'),
      ],
    }),

  'no-account': (_data, mail) =>
    mail.render({
      subject: `No account at ${mail.appName} under this address`,
      preheader: 'You may have signed up with another address.',
      heading: 'There is no account under this address',
      blocks: [
        paragraph(
          `Someone, probably you, asked to sign in to ${mail.appName} or to reset a password with this address. There is no account under it, so we could not do that.`,
        ),
        paragraph('You may have signed up with another address: try that one, or create an account.'),
        home(mail),
        aside('If it was not you, there is nothing to do. We keep no account for you.'),
      ],
    }),

  'new-device-code': (data, mail) =>
    mail.render({
      subject: `Confirm a new device for ${mail.appName}`,
      preheader: codePreheader(data),
      heading: 'Is it you on a new device?',
      blocks: [
        paragraph(
          `The right password was entered on a device that we have not seen with your account before. Enter this code there to finish signing in to ${mail.appName}.`,
        ),
        code(data),
        paragraph(validity(data)),
        origin(data),
        aside(
          `If it was not you, somebody knows your password. They cannot get in without this code: give it to nobody, open ${mail.publicUrl} yourself and change your password now.`,
        ),
      ],
    }),

  'email-verify-code': (data, mail) =>
    mail.render({
      subject: `Confirm your address for ${mail.appName}`,
      preheader: codePreheader(data),
      heading: 'Confirm your address',
      blocks: [
        paragraph(`Enter this code at ${mail.appName} to confirm that this address is yours.`),
        code(data),
        paragraph(validity(data)),
        aside('If you did not ask for this, ignore this mail: without the code nothing is confirmed.'),
      ],
    }),

  'password-reset': (data, mail) =>
    mail.render({
      subject: `Choose a new password for ${mail.appName}`,
      preheader: `The link works once, for ${minutes(data.expiresInMinutes)}.`,
      heading: 'Choose a new password',
      blocks: [
        paragraph(
          `You asked for a new password for ${mail.appName}. Open this link to choose one; every device is then signed out, and you sign in again with the new password.`,
        ),
        { kind: 'link', label: 'Choose a new password', href: data.link },
        paragraph(`The link works once, for ${minutes(data.expiresInMinutes)}.`),
        aside('If you did not ask for this, ignore this mail: your password stays as it is.'),
      ],
    }),

  'password-changed': (data, mail) =>
    mail.render({
      subject: `Your password for ${mail.appName} was changed`,
      preheader: 'If it was you, there is nothing to do.',
      heading: 'Your password was changed',
      blocks: [
        paragraph(`The password of your ${mail.appName} account was changed, and other devices were signed out.`),
        origin(data),
        aside(
          `If it was you, there is nothing to do. If it was not, open ${mail.publicUrl}, choose “Forgot password” and set a new one at once: that signs out everybody else.`,
        ),
      ],
    }),

  'new-sign-in': (data, mail) =>
    mail.render({
      subject: `New sign-in to ${mail.appName}`,
      preheader: `From ${describeDevice(data.userAgent)}. If it was you, there is nothing to do.`,
      heading: 'New sign-in to your account',
      blocks: [
        paragraph(`Your ${mail.appName} account was signed in to from a device that we had not seen before.`),
        origin(data),
        aside(
          `If it was you, there is nothing to do. If it was not, open ${mail.publicUrl}, sign out that device in the list of your devices, and change your password.`,
        ),
      ],
    }),

  'refresh-replayed': (data, mail) =>
    mail.render({
      subject: `We ended a session of your ${mail.appName} account`,
      preheader: 'An old sign-in came back, so we closed it to be safe.',
      heading: 'We ended a session to protect you',
      blocks: [
        paragraph(
          'A sign-in of yours was presented a second time after it had been renewed. That happens when an app is restored from a backup, and also when somebody copied it. We cannot tell which, so that session was ended. Your other devices stay signed in.',
        ),
        origin(data),
        aside(
          `Sign in again on the device that was signed out. If you know no reason for this, open ${mail.publicUrl}, sign out all devices and change your password.`,
        ),
      ],
    }),

  'account-blocked': (_data, mail) =>
    mail.render({
      subject: `Your ${mail.appName} account was blocked`,
      preheader: 'All devices were signed out.',
      heading: 'Your account was blocked',
      blocks: [
        paragraph(
          `An administrator of ${mail.appName} blocked your account. All your devices were signed out, and you cannot sign in for now. Nothing was deleted.`,
        ),
        aside(`If you do not know why, or think that it is a mistake, please ask the people who run ${mail.appName}.`),
      ],
    }),

  'too-many-failures': (data, mail) =>
    mail.render({
      subject: `Failed attempts to sign in to ${mail.appName}`,
      preheader: 'Nobody got in. We pause password sign-in from unknown devices for a while.',
      heading: 'Many failed attempts to sign in',
      blocks: [
        paragraph(
          `A wrong password or code was given for your ${mail.appName} account again and again. Nobody got in. For a while we accept no further attempts from devices that we do not know; where you have signed in before you can go on as usual.`,
        ),
        origin(data),
        aside(
          `If it was you, wait a little and try again, or choose “Forgot password” at ${mail.publicUrl}. If it was not, there is nothing that you must do; a long password that you use nowhere else keeps it that way.`,
        ),
      ],
    }),
}

function paragraph(text: string): MailBlock {
  return { kind: 'paragraph', text }
}

function aside(text: string): MailBlock {
  return { kind: 'aside', text }
}

function code({ code: digits }: CodeData): MailBlock {
  return { kind: 'code', code: digits }
}

function home({ appName, publicUrl }: Sender): MailBlock {
  return { kind: 'link', label: `Go to ${appName}`, href: publicUrl }
}

function validity({ expiresInMinutes }: CodeData): string {
  return `It works once, for ${minutes(expiresInMinutes)}.`
}

function codePreheader(data: CodeData): string {
  return `Your code is ${data.code}. ${validity(data)}`
}

function minutes(count: number): string {
  return count === 1 ? '1 minute' : `${count} minutes`
}

function origin({ ip, userAgent, at }: OriginData): MailBlock {
  const facts = [
    { name: 'When', value: `${dateTime.format(at)} UTC` },
    { name: 'Device', value: describeDevice(userAgent) },
    { name: 'IP address', value: describeIp(ip) },
  ]
  return { kind: 'facts', facts }
}

const dateTime: Intl.DateTimeFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  dateStyle: 'long',
  timeStyle: 'short',
})
