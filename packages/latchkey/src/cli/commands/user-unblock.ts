import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'

export const command: Command = {
  arguments: '<address or id>',
  argumentCount: [1, 1],
  description: 'Lets a blocked user sign in again. The ended sessions stay ended.',
  examples: ['latchkey user unblock ada@example.com'],
  run: ({ config, arguments: [who = ''], answer, refuse }) =>
    withEngine(config, async (engine) => {
      const user = await findUser(engine, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      const done = await engine.acting.users.unblock(user.id)
      if (!done.ok) return refuse(done.reason, 'The user is not blocked.')
      answer({ id: user.id, blocked: false }, 'The user may sign in again.\n')
      return exitCodes.ok
    }),
}
