import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { sqliteFileOf } from '../config/open-storage.ts'
import { exitCodes } from '../exit-codes.ts'
import { copySqliteFile, inspectSqliteFile, isSqliteFileInUse } from '../sqlite-file.ts'

export const command: Command = {
  arguments: '<file>',
  argumentCount: [1, 1],
  description:
    'Puts a backup in place of the SQLite database. The backup is read through first. Refuses while a server has the database open, and to replace an existing database without --force. The server needs the secrets of the backup; sessions of then are valid again until they expire.',
  options: { force: { type: 'boolean', help: 'replace the existing database' } },
  examples: ['latchkey restore backups/latchkey-2026-11-25.db --force'],
  async run({ config, arguments: [source = ''], flag, answer, refuse }) {
    const target = sqliteFileOf(config)
    if (target === undefined || target === ':memory:') {
      return refuse('not_sqlite', 'Only an SQLite database is restored here; use psql, mariadb or mysql.')
    }
    const file = resolve(config.directory, source)
    if (file === resolve(target)) return refuse('same_file', 'That is the database itself.')
    const found = await inspectSqliteFile(file)
    if (!found.ok) return refuse('damaged', found.problem)
    if (await isSqliteFileInUse(target)) {
      return refuse('in_use', `A server (or another program) has ${target} open. Stop it first.`)
    }
    if (existsSync(target) && !flag('force')) {
      return refuse('exists', `${target} exists. Back it up, then give --force to replace it.`)
    }
    const { users, bytes } = found
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    const unfinished = `${target}.unfinished`
    rmSync(unfinished, { force: true })
    try {
      await copySqliteFile(file, unfinished)
      // The log of the old database must not be replayed into the new one.
      for (const suffix of ['-wal', '-shm']) rmSync(`${target}${suffix}`, { force: true })
      renameSync(unfinished, target)
    } finally {
      rmSync(unfinished, { force: true })
    }
    answer({ file: target, bytes, users }, `${target}\nrestored: ${bytes} bytes, ${users} users.\n`)
    return exitCodes.ok
  },
}
