import type { Command } from './command.ts'

export interface CommandEntry {
  readonly summary: string
  load(): Promise<{ readonly command: Command }>
}

/** Every command, in the order of the help. Only the one that is called is loaded. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'serve the HTTP routes and the pages', load: () => import('./commands/serve.ts') },
}
