import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withEngine } from '../open-engine.ts'
import { table } from '../table.ts'

export const command: Command = {
  description:
    'Does what has fallen due, which is resets of second factors that waited, and removes what has outlived its retention: challenges, ended sessions, settled messages, old budgets, audit events whose seals are kept. The server does it every ten minutes by itself; this is for those who would rather call it.',
  examples: ['latchkey sweep', 'latchkey sweep --json'],
  run: ({ config, answer, console }) =>
    withEngine(config, async ({ auth }) => {
      const { removed, factorResets } = await auth.sweep({
        progress: ({ what, removed: count }) => console.progress(`${what}: ${count} removed`),
      })
      const done = Object.entries({ ...removed, 'factor resets done': factorResets })
      answer({ removed, factorResets }, table(done.map(([what, count]) => [what, String(count)])))
      return exitCodes.ok
    }),
}
