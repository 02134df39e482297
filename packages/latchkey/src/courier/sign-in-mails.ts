import { aside, code, codePreheader, home, minutes, origin, paragraph, validity } from './mail-blocks.ts'
import type { MailTemplates } from './templates.ts'

/** Mails that carry a code or a link, and those that stand in for them. */
export const signInMails: Pick<
  MailTemplates,
  | 'sign-up-code'
  | 'sign-up-known'
  | 'sign-in-code'
  | 'no-account'
  | 'new-device-code'
  | 'email-verify-code'
  | 'password-reset'
> = {
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
        ...(data.code === null
          ? []
          : [
              paragraph(
                'Or enter this code where you asked for the new password. Give it to nobody; we never ask for it.',
              ),
              code(data.code),
              paragraph(validity(data.code)),
            ]),
        aside('If you did not ask for this, ignore this mail: your password stays as it is.'),
      ],
    }),
}
