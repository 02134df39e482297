import { aside, code, codePreheader, home, minutes, origin, paragraph, validity, when } from './mail-blocks.ts'
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
  | 'email-change-known'
  | 'email-changed'
  | 'email-welcome'
  | 'email-restored'
  | 'factor-added'
  | 'factor-removed'
  | 'recovery-codes-regenerated'
  | 'recovery-codes-low'
  | 'factors-reset'
  | 'factors-reset-scheduled'
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

  'email-change-known': (_data, mail) =>
    mail.render({
      subject: `Your address is in use at ${mail.appName} already`,
      preheader: 'Nothing was changed.',
      heading: 'Your address has an account already',
      blocks: [
        paragraph(
          `Someone, probably you, tried to make this the address of another ${mail.appName} account. It has an account of its own already, so we changed nothing.`,
        ),
        paragraph(
          'To use it for the other account, delete the one that has it first, or give that one another address.',
        ),
        home(mail),
        aside('If it was not you, there is nothing to do: whoever tried learned nothing and got no access.'),
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

  'email-welcome': (data, mail) =>
    mail.render({
      subject: `This is the address of your ${mail.appName} account now`,
      preheader: 'Other devices were signed out.',
      heading: 'Your new address is in use',
      blocks: [
        paragraph(
          `Your ${mail.appName} account uses this address from now on. Your other devices were signed out, and the address before was told.`,
        ),
        origin(data),
        aside(
          `If it was not you, please tell the people who run ${mail.appName}: somebody gave your address as theirs.`,
        ),
      ],
    }),

  'email-restored': (data, mail) =>
    mail.render({
      subject: `A change of the address of your ${mail.appName} account was undone`,
      preheader: `It is ${data.address} again. All devices were signed out.`,
      heading: 'The change of your address was undone',
      blocks: [
        paragraph(
          `The ${mail.appName} account uses the address ${data.address} again. All devices were signed out, and codes and links that were on their way are dead.`,
        ),
        origin(data),
        aside(
          `If it was you because somebody else had changed the address, choose “Forgot password” at ${mail.publicUrl} now, and look through your passkeys and second factors. If you know nothing of this, please tell the people who run ${mail.appName}.`,
        ),
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
      subject: `${data.left === 0 ? 'No' : 'Few'} recovery codes left for your ${mail.appName} account`,
      preheader: `${data.left === 0 ? 'None is' : `${data.left} are`} left. Make new ones while you can sign in.`,
      heading: `You have ${data.left === 0 ? 'no' : data.left} recovery codes left`,
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
          `An administrator of ${mail.appName} removed authenticator app, passkeys and recovery codes from your account and signed out all devices. Sign in as usual and set up new ones.`,
        ),
        when(data),
        aside(`If you did not ask for this, please tell the people who run ${mail.appName} at once.`),
      ],
    }),

  'factors-reset-scheduled': (data, mail) =>
    mail.render({
      subject: `The second factors of your ${mail.appName} account will be reset`,
      preheader: 'If you still have one of them, sign in with it to stop this.',
      heading: 'Your second factors will be reset',
      blocks: [
        paragraph(
          `An administrator of ${mail.appName} was asked to remove authenticator app, passkeys and recovery codes from your account. It will happen at this time, and all your devices are signed out then:`,
        ),
        when(data),
        home(mail),
        aside(
          `If you asked for this, just wait. If you did not, sign in now with your second factor or a recovery code: that stops it. Then tell the people who run ${mail.appName}.`,
        ),
      ],
    }),
}

function notMe({ publicUrl }: Sender): MailBlock {
  return aside(
    `If it was you, there is nothing to do. If it was not, open ${publicUrl}, sign out all other devices and change your password now.`,
  )
}
