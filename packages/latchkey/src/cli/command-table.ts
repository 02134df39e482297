import type { Command } from './command.ts'

export interface CommandEntry {
  readonly summary: string
  load(): Promise<{ readonly command: Command }>
}

/** Every command, in the order of the help. Only the one that is called is loaded. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'serve the HTTP routes and the pages', load: () => import('./commands/serve.ts') },
  migrate: { summary: 'bring the schema of the database up to date', load: () => import('./commands/migrate.ts') },
  doctor: { summary: 'check the installation and say what is wrong', load: () => import('./commands/doctor.ts') },
  config: { summary: 'print the resolved configuration', load: () => import('./commands/config.ts') },
  sweep: { summary: 'remove what has expired', load: () => import('./commands/sweep.ts') },
  backup: { summary: 'copy the SQLite database while it is in use', load: () => import('./commands/backup.ts') },
  restore: { summary: 'put a backup in place of the SQLite database', load: () => import('./commands/restore.ts') },
  'user create': {
    summary: 'make a user, e.g. the first administrator',
    load: () => import('./commands/user-create.ts'),
  },
  'user list': { summary: 'list users', load: () => import('./commands/user-list.ts') },
  'user show': { summary: 'show a user and the live sessions', load: () => import('./commands/user-show.ts') },
  'user block': { summary: 'block sign-in and end every session', load: () => import('./commands/user-block.ts') },
  'user unblock': { summary: 'let a blocked user sign in again', load: () => import('./commands/user-unblock.ts') },
  'user reset-factors': {
    summary: 'remove the second factors of a user who lost them',
    load: () => import('./commands/user-reset-factors.ts'),
  },
  'user set-role': { summary: 'replace the roles of a user', load: () => import('./commands/user-set-role.ts') },
  'session list': { summary: 'list the live sessions of a user', load: () => import('./commands/session-list.ts') },
  'session revoke': {
    summary: 'end one session of a user, or all',
    load: () => import('./commands/session-revoke.ts'),
  },
  'keys rotate': {
    summary: 'rotate the signing keys, or seal anew under the newest secret',
    load: () => import('./commands/keys-rotate.ts'),
  },
  'audit tail': { summary: 'show the last events of the audit log', load: () => import('./commands/audit-tail.ts') },
  'audit verify': { summary: 'check the audit log for changes', load: () => import('./commands/audit-verify.ts') },
  calibrate: { summary: 'measure password hashing on this machine', load: () => import('./commands/calibrate.ts') },
  version: { summary: 'versions of latchkey and Node', load: () => import('./commands/version.ts') },
}
