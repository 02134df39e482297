import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withStorage } from '../open-engine.ts'

export const command: Command = {
  description:
    'Brings the schema of the database up to date, under a lock, so that several nodes may call it at once. With --status it only says what would be done, and ends with 1 when something is pending or was altered.',
  options: { status: { type: 'boolean', help: 'show what is applied and what is pending, change nothing' } },
  examples: ['latchkey migrate', 'latchkey migrate --status --json'],
  run: ({ config, flag, answer, console }) =>
    withStorage(
      config,
      async (storage) => {
        if (flag('status')) {
          const status = await storage.migrationStatus()
          const { applied, pending, unknown, altered } = status
          answer(
            { applied, pending, unknown, altered },
            [
              ...applied.map((name) => `applied  ${name}`),
              ...pending.map((name) => `pending  ${name}`),
              ...unknown.map((name) => `unknown  ${name} (made by a newer version)`),
              ...altered.map((name) => `altered  ${name} (its text is not the one that was applied)`),
              '',
            ].join('\n'),
          )
          return pending.length === 0 && altered.length === 0 ? exitCodes.ok : exitCodes.refused
        }
        const { applied } = await storage.migrate(({ name, index, total }) =>
          console.progress(`${index + 1} of ${total}: ${name}`),
        )
        answer(
          { applied },
          applied.length === 0 ? 'Nothing to do.\n' : applied.map((name) => `applied  ${name}\n`).join(''),
        )
        return exitCodes.ok
      },
      { create: !flag('status') },
    ),
}
