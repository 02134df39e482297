import { noContext } from '../../core/request-context.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withEngine } from '../open-engine.ts'

export const command: Command = {
  description:
    'Rotates the keys that sign access tokens: the next one signs from now on, the current one stays published until its last token has expired, and a new next one is published ahead.',
  examples: ['latchkey keys rotate'],
  run: ({ config, answer, refuse }) =>
    withEngine(config, async ({ auth, storage }) => {
      const rotated = await auth.signingKeys.rotate(noContext, 'cli')
      if (!rotated) return refuse('conflict', 'Another rotation was faster.')
      const keys = (await storage.listSigningKeys()).map(({ kid, state, createdAt }) => ({ kid, state, createdAt }))
      answer(
        { keys: keys.map(({ kid, state }) => ({ kid, state })) },
        keys.map(({ kid, state }) => `${state.padEnd(9)} ${kid}\n`).join(''),
      )
      return exitCodes.ok
    }),
}
