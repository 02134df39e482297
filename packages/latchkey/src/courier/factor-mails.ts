import { aside, code, codePreheader, home, minutes, origin, paragraph, validity } from './mail-blocks.ts'
import type { MailBlock, Sender } from './mail-copy.ts'
import type { MessageData } from './message-data.ts'
import type { MailTemplates } from './templates.ts'

const factorNames: { readonly [Factor in MessageData['factor-added']['factor']]: string } = {
  totp: 'An authenticator app',
  passkey: 'A passkey',
  identity: 'A sign-in with another provider',
}

/** Mails about links, addresses and factors. */
export const factorMails: Pick<
  MailTemplates,
  | 'magic-link'
  | 'email-change-code'
  | 'email-changed'
  | 'factor-added'
  | 'factor-removed'
  | 'recovery-codes-regenerated'
  | 'recovery-codes-low'
  | 'factors-reset'
> = {
  'magic-link': (data, mail) =>
    mail.render({
      subject: `Sign in to ${mail.appName}`,
      preheader: `The link works once, for ${minutes(data.expiresInMinutes)}.`,
      heading: 'Sign in',
      blocks: [
        paragraph(`Open this link in the browser in which you asked for it, and you are signed in to ${mail.appName}.`),
        { kind: 'link', label: 'Sign in', href: data.link },
        paragraph('In another browser, the page asks for this code as well.'),
        code(data),
        paragraph(validity(data)),
        aside('If you did not ask for this, ignore this mail: nobody gets in without the link and the code.'),
      ],
    }),

  'email-change-code': (data, mail) =>
    mail.render({
      subject: `Confirm your new address for ${mail.appName}`,
      preheader: codePreheader(data),
      heading: 'Confirm your new address',
      blocks: [
        paragraph(`Enter this code at ${mail.appName} to use this address for your account from now on.`),
        code(data),
        paragraph(validity(data)),
        aside('If you did not ask for this, ignore this mail: without the code nothing is changed.'),
      ],
    }),

  'email-changed': (data, mail) =>
    mail.render({
      subject: `The address of your ${mail.appName} account was changed`,
      preheader: `It is ${data.newAddress} now. If that was not you, undo it.`,
      heading: 'Your address was changed',
      blocks: [
        paragraph(`Your ${mail.appName} account uses the address ${data.newAddress} from now on.`),
        origin(data),
        aside(
          'If it was you, there is nothing to do. If it was not you, undo the change: the old address comes back and every device is signed out.',
        ),
        { kind: 'link', label: 'Undo the change', href: data.undoLink },
        paragraph(`The link works once, for ${data.undoWithinHours} hours.`),
      ],
    }),

  'factor-added': (data, mail) =>
    mail.render({
      subject: `${factorNames[data.factor]} was added to your ${mail.appName} account`,
      preheader: 'If it was you, there is nothing to do.',
      heading: `${factorNames[data.factor]} was added`,
      blocks: [
        paragraph(`${factorNames[data.factor]} can be used to sign in to your ${mail.appName} account from now on.`),
        origin(data),
        notMe(mail),
      ],
    }),

  'factor-removed': (data, mail) =>
    mail.render({
      subject: `${factorNames[data.factor]} was removed from your ${mail.appName} account`,
      preheader: 'If it was you, there is nothing to do.',
      heading: `${factorNames[data.factor]} was removed`,
      blocks: [
        paragraph(`${factorNames[data.factor]} can no longer be used to sign in to your ${mail.appName} account.`),
        origin(data),
        notMe(mail),
      ],
    }),

  'recovery-codes-regenerated': (data, mail) =>
    mail.render({
      subject: `New recovery codes for your ${mail.appName} account`,
      preheader: 'The old ones no longer work.',
      heading: 'You have new recovery codes',
      blocks: [
        paragraph(`New recovery codes were made for your ${mail.appName} account. The old ones no longer work.`),
        origin(data),
        notMe(mail),
      ],
    }),

  'recovery-codes-low': (data, mail) =>
    mail.render({
      subject: `Few recovery codes left for your ${mail.appName} account`,
      preheader: `${data.left} left. Make new ones while you can sign in.`,
      heading: `You have ${data.left} recovery codes left`,
      blocks: [
        paragraph(`A recovery code was used to sign in to ${mail.appName}. Make new ones while you can still sign in.`),
        home(mail),
        aside('If it was not you who used the code, change your password and make new recovery codes now.'),
      ],
    }),

  'factors-reset': (data, mail) =>
    mail.render({
      subject: `The second factors of your ${mail.appName} account were reset`,
      preheader: 'An administrator removed them. Set up new ones when you sign in.',
      heading: 'Your second factors were reset',
      blocks: [
        paragraph(
          `An administrator of ${mail.appName} removed the second factors of your account and signed out all devices. Sign in as usual and set up new ones.`,
        ),
        origin(data),
        aside(`If you did not ask for this, please tell the people who run ${mail.appName} at once.`),
      ],
    }),
}

function notMe({ publicUrl }: Sender): MailBlock {
  return aside(
    `If it was you, there is nothing to do. If it was not, open ${publicUrl}, sign out all other devices and change your password now.`,
  )
}
