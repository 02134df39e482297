import type { RunningServer } from './serve.ts'

/** What a developer wants to click after `npm start`. For the terminal only: the administrator link is a secret. */
export function developmentBanner(server: RunningServer, database: string): string {
  const { publicUrl, adminLink, hasPages, appliedMigrations } = server
  const lines: (readonly [string, string])[] = [
    ['Pages', hasPages ? publicUrl : 'not built (packages/pages)'],
    ['Mailbox', hasPages ? `${publicUrl}/dev/mailbox` : `${publicUrl}/dev/mailbox.json`],
  ]
  if (adminLink !== undefined)
    lines.push(['Administrator', `${adminLink}\n${' '.repeat(17)}(makes the first one, works once)`])
  lines.push(['Database', database])
  const migrated = appliedMigrations.length === 0 ? '' : `\n  ${appliedMigrations.length} migration(s) applied.`
  return [
    '',
    '  Latchkey in development mode: on this machine alone, mails go to the mailbox.',
    '',
    ...lines.map(([name, value]) => `  ${name.padEnd(15)}${value}`),
    migrated,
    '  Ctrl+C stops it.',
    '',
    '',
  ].join('\n')
}
