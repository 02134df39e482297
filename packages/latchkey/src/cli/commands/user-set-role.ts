import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'

export const command: Command = {
  arguments: '<address or id> <role> …',
  argumentCount: [2, 33],
  description: 'Replaces the roles of a user; they are in force with the next request. `none` takes all of them away.',
  examples: ['latchkey user set-role ada@example.com admin support', 'latchkey user set-role ada@example.com none'],
  run: ({ config, arguments: [who = '', ...given], answer, refuse }) => {
    const roles = given.length === 1 && given[0] === 'none' ? [] : [...new Set(given)]
    const wrong = roles.find((role) => !/^[a-z][a-z0-9_.-]{0,63}$/.test(role))
    if (wrong !== undefined) {
      return Promise.resolve(refuse('usage', 'A role is a word in small letters, e.g. admin.', exitCodes.usage))
    }
    return withEngine(config, async (engine) => {
      const user = await findUser(engine, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      const done = await engine.acting.users.setRoles(user.id, roles)
      if (!done.ok) return refuse(done.reason, 'There is no such user.')
      answer({ id: user.id, roles }, roles.length === 0 ? 'No roles any more.\n' : `Roles: ${roles.join(', ')}\n`)
      return exitCodes.ok
    })
  },
}
