import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'

export const command: Command = {
  arguments: '<address or id> [session id]',
  argumentCount: [1, 2],
  description: 'Ends one session of a user, or with --all every one.',
  options: { all: { type: 'boolean', help: 'every session' } },
  examples: ['latchkey session revoke ada@example.com 01a2…', 'latchkey session revoke ada@example.com --all'],
  run: ({ config, arguments: [who = '', sessionId], flag, answer, refuse }) => {
    if (flag('all') === (sessionId !== undefined)) {
      return Promise.resolve(refuse('usage', 'Name one session, or give --all.', exitCodes.usage))
    }
    return withEngine(config, async (engine) => {
      const user = await findUser(engine, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      const { sessions } = engine.acting
      const before = (await sessions.list(user.id)).length
      const done =
        sessionId === undefined ? await sessions.revokeAll(user.id) : await sessions.revoke(user.id, sessionId)
      if (!done.ok) return refuse(done.reason, 'This user has no such live session.')
      const revoked = sessionId === undefined ? before : 1
      answer({ revoked }, `${revoked} session${revoked === 1 ? '' : 's'} ended.\n`)
      return exitCodes.ok
    })
  },
}
