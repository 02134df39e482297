import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withEngine } from '../open-engine.ts'
import { noContext } from '../../core/request-context.ts'
import { requestReset } from '../../recovery/request-reset.ts'
import { parseEmailAddress } from '../../user/email-address.ts'
import { userJson, userText } from '../user-output.ts'

export const command: Command = {
  arguments: '<address>',
  argumentCount: [1, 1],
  description:
    'Makes a user. The password is asked for without echo, or read from standard input where that is no terminal; it is never an argument, which every user of the machine could read. With --invite there is none: the person gets a mail with a link to choose one (from the running server; the link lives half an hour). In production this is how the first administrator is made.',
  options: {
    admin: { type: 'boolean', help: 'give the role admin' },
    role: { type: 'string', value: 'NAMES', help: 'roles, separated by commas' },
    name: { type: 'string', value: 'NAME', help: 'how the person is called' },
    verified: { type: 'boolean', help: 'you vouch that the person owns the address; else the first mail proves it' },
    invite: { type: 'boolean', help: 'no password; mail a link to choose one' },
  },
  examples: [
    'latchkey user create ada@example.com --admin --invite',
    'pass show ada | latchkey user create ada@example.com --name "Ada Lovelace" --verified',
  ],
  run: ({ config, console, arguments: [address = ''], option, flag, answer, refuse }) =>
    withEngine(config, async ({ acting, core }) => {
      const email = parseEmailAddress(address)
      if (email === undefined) return refuse('invalid_email', 'That is no mail address.')
      const password = flag('invite') ? undefined : await console.readSecret('Password for the new user: ')
      if (password === undefined && !flag('invite')) {
        return refuse('no_password', 'No password was given. Type one, pipe one in, or use --invite.', exitCodes.usage)
      }
      const name = option('name')
      const roles = [
        ...new Set([...(flag('admin') ? ['admin'] : []), ...(option('role') ?? '').split(',').filter(Boolean)]),
      ]
      const created = await acting.users.create({
        email,
        roles,
        emailVerified: flag('verified'),
        ...(password === undefined ? {} : { password }),
        ...(name === undefined ? {} : { name }),
      })
      if (!created.ok) return refuse(created.reason, refusals[created.reason] ?? 'The password was not accepted.')
      const invited =
        flag('invite') &&
        (await requestReset(core, { ...noContext, network: 'cli' }, { email, mode: 'token', actorId: 'cli' })).ok
      answer(
        { user: userJson(created.user), invited },
        `${userText(created.user)}${invited ? '\nThe invitation leaves with the running server.\n' : ''}`,
      )
      return exitCodes.ok
    }),
}

const refusals: Readonly<Record<string, string>> = {
  invalid_email: 'That is no mail address.',
  email_taken: 'There is a user with this address.',
  too_long: 'The password is too long.',
  too_short: 'The password is too short.',
  contains_personal_word: 'The password is made of the address or the name of the product.',
  common: 'The password is one of the common ones, which are guessed first.',
  breached: 'The password stands in the public list of leaked ones.',
}
