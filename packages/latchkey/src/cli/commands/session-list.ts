import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'
import { sessionJson, sessionsText } from '../user-output.ts'

export const command: Command = {
  arguments: '<address or id>',
  argumentCount: [1, 1],
  description: 'Lists the live sessions of a user, newest first.',
  examples: ['latchkey session list ada@example.com'],
  run: ({ config, arguments: [who = ''], answer, refuse }) =>
    withEngine(config, async (engine) => {
      const user = await findUser(engine, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      const sessions = await engine.auth.sessions.list(user.id)
      answer({ sessions: sessions.map(sessionJson) }, sessionsText(sessions))
      return exitCodes.ok
    }),
}
