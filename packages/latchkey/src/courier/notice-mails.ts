import { describeDevice } from './describe-device.ts'
import { aside, origin, paragraph } from './mail-blocks.ts'
import type { MailTemplates } from './templates.ts'

/** Mails that tell the owner what happened to the account. */
export const noticeMails: Pick<
  MailTemplates,
  'password-changed' | 'new-sign-in' | 'refresh-replayed' | 'account-blocked' | 'too-many-failures'
> = {
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
      preheader: 'The first step was right, the second was not. Nobody got in.',
      heading: 'Somebody could not finish signing in',
      blocks: [
        paragraph(
          `The first step of a sign-in to your ${mail.appName} account was right: your password, or whatever else you begin with. Then the second step was wrong again and again, and the attempt was ended. Nobody got in.`,
        ),
        origin(data),
        aside(
          `If it was you, begin again; a recovery code works too. If it was not, somebody probably knows your password: open ${mail.publicUrl}, choose “Forgot password” and set a new one at once.`,
        ),
      ],
    }),
}
