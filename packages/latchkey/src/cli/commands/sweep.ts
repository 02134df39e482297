import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withEngine } from '../open-engine.ts'
import { table } from '../table.ts'

export const command: Command = {
  description:
    'Removes what has outlived its retention: challenges, ended sessions, settled messages, old budgets, audit events whose seals are kept. The server does it every ten minutes by itself; this is for those who would rather call it.',
  examples: ['latchkey sweep', 'latchkey sweep --json'],
  run: ({ config, answer, console }) =>
    withEngine(config, async ({ auth }) => {
      const { removed } = await auth.sweep({
        progress: ({ what, removed: count }) => console.progress(`${what}: ${count} removed`),
      })
      answer({ removed }, table(Object.entries(removed).map(([what, count]) => [what, String(count)])))
      return exitCodes.ok
    }),
}
