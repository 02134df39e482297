import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'

export const command: Command = {
  arguments: '<address or id>',
  argumentCount: [1, 1],
  description: 'Blocks sign-in and ends every session at once.',
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'for the next administrator; the person does not see it' },
  },
  examples: ['latchkey user block ada@example.com --reason "asked for it by phone"'],
  run: ({ config, arguments: [who = ''], option, answer, refuse }) =>
    withEngine(config, async (engine) => {
      const user = await findUser(engine, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      const done = await engine.acting.users.block(user.id, option('reason'))
      if (!done.ok) return refuse(done.reason, 'The user is blocked already.')
      answer({ id: user.id, blocked: true }, 'Blocked; every session has ended.\n')
      return exitCodes.ok
    }),
}
