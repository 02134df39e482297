import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { findUser, withEngine } from '../open-engine.ts'
import { sessionJson, sessionsText, userJson, userText } from '../user-output.ts'

export const command: Command = {
  arguments: '<address or id>',
  argumentCount: [1, 1],
  description: 'Shows a user and the live sessions.',
  examples: ['latchkey user show ada@example.com', 'latchkey user show ada@example.com --json'],
  run: ({ config, arguments: [who = ''], answer, refuse }) =>
    withEngine(config, async (engine) => {
      const user = await findUser(engine, who)
      if (user === undefined) return refuse('not_found', 'There is no such user.')
      const sessions = await engine.auth.sessions.list(user.id)
      answer(
        { user: userJson(user), sessions: sessions.map(sessionJson) },
        `${userText(user)}\n${sessionsText(sessions)}`,
      )
      return exitCodes.ok
    }),
}
