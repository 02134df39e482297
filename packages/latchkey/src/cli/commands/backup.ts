import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { sqliteFileOf } from '../config/open-storage.ts'
import { exitCodes } from '../exit-codes.ts'
import { copySqliteFile, inspectSqliteFile } from '../sqlite-file.ts'

export const command: Command = {
  arguments: '<file>',
  argumentCount: [1, 1],
  description:
    'Copies the SQLite database to a new file while it is in use, and reads the copy through (integrity_check) before it counts. The copy holds everything; keep it as safe as the database, and the secrets elsewhere. For PostgreSQL and MySQL use pg_dump, mariadb-dump or mysqldump.',
  options: { force: { type: 'boolean', help: 'replace an existing file' } },
  examples: ['latchkey backup backups/latchkey-2026-11-25.db'],
  async run({ config, arguments: [target = ''], flag, answer, refuse }) {
    const source = sqliteFileOf(config)
    if (source === undefined) {
      return refuse('not_sqlite', 'Only an SQLite database is backed up here; use pg_dump, mariadb-dump or mysqldump.')
    }
    if (!existsSync(source)) return refuse('not_found', `There is no database at ${source}.`)
    const file = resolve(config.directory, target)
    if (file === resolve(source)) return refuse('same_file', 'That is the database itself.')
    if (existsSync(file) && !flag('force'))
      return refuse('exists', `${file} exists. Name another file, or give --force.`)
    if (!existsSync(dirname(file))) return refuse('no_folder', `There is no folder ${dirname(file)}. Make it first.`)
    // Under another name until it is known to be good.
    const unfinished = `${file}.unfinished`
    rmSync(unfinished, { force: true })
    try {
      await copySqliteFile(source, unfinished)
      const found = await inspectSqliteFile(unfinished)
      if (!found.ok) return refuse('damaged', found.problem)
      renameSync(unfinished, file)
      const { users, bytes } = found
      answer({ file, bytes, users }, `${file}\n${bytes} bytes, ${users} users, read through without a fault.\n`)
      return exitCodes.ok
    } finally {
      rmSync(unfinished, { force: true })
    }
  },
}
