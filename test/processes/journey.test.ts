import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMysqlDatabase, createPostgresDatabase, mysqlIsThere, postgresIsThere } from '../databases/servers.ts'
import { findSecrets } from '../journey/find-secrets.ts'
import { takeJourney, type JourneySecrets } from '../journey/journey.ts'
import { mailboxInbox, smtpInbox } from '../journey/mails.ts'
import { startServer } from '../mail-server.ts'
import { productionSettings } from './production.ts'
import { freePort, startServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

describe('the journey over HTTP', () => {
  it('ends well in development on SQLite, and leaves no secret in the file or on the terminal', async () => {
    const directory = temporaryFolder()
    const server = await startServerProcess({ directory, arguments: ['--dev'] })
    const publicUrl = `http://localhost:${server.port}`
    const secrets = await takeJourney({ nodes: [publicUrl], publicUrl, inbox: mailboxInbox(publicUrl) })
    expect(findSecrets(sqliteBytes(directory), secrets)).toEqual([])
    expect(await server.stop()).toBe(0)
    expect(findSecrets(sqliteBytes(directory), secrets)).toEqual([])
    expect(findSecrets(server.output(), secrets)).toEqual([])
    expect(server.output()).not.toContain('ada@example.com')
  })

  it.runIf(postgresIsThere)('ends well in development on PostgreSQL, and pg_dump holds no secret', async () => {
    const database = await createPostgresDatabase()
    onTestFinished(() => database.drop())
    const directory = temporaryFolder()
    const environment = { LATCHKEY_DATABASE_URL: database.url }
    const server = await startServerProcess({ directory, arguments: ['--dev'], environment })
    const publicUrl = `http://localhost:${server.port}`
    const secrets = await takeJourney({ nodes: [publicUrl], publicUrl, inbox: mailboxInbox(publicUrl) })
    const { stdout } = await run('pg_dump', ['--dbname', database.url, '--inserts'], { maxBuffer: 64 << 20 })
    expectDumpWithoutSecrets(stdout, secrets)
    expect(await server.stop()).toBe(0)
  })

  it.runIf(mysqlIsThere)('ends well in development on MariaDB, and mariadb-dump holds no secret', async () => {
    const database = await createMysqlDatabase()
    onTestFinished(() => database.drop())
    const directory = temporaryFolder()
    const environment = { LATCHKEY_DATABASE_URL: database.url }
    const server = await startServerProcess({ directory, arguments: ['--dev'], environment })
    const publicUrl = `http://localhost:${server.port}`
    const secrets = await takeJourney({ nodes: [publicUrl], publicUrl, inbox: mailboxInbox(publicUrl) })
    const { hostname, port, username, pathname } = new URL(database.url)
    const place = ['--host', hostname, '--port', port || '3306', '--user', username || 'root']
    const { stdout } = await run('mariadb-dump', [...place, pathname.slice(1)], { maxBuffer: 64 << 20 })
    expectDumpWithoutSecrets(stdout, secrets)
    expect(await server.stop()).toBe(0)
  })

  it.runIf(postgresIsThere)(
    'goes from node to node in production: two processes on one PostgreSQL, real SMTP',
    async () => {
      const database = await createPostgresDatabase()
      onTestFinished(() => database.drop())
      const mailServer = await startServer()
      const port = await freePort()
      const publicUrl = `http://localhost:${port}`
      const environment = productionSettings({ publicUrl, smtpPort: mailServer.port, databaseUrl: database.url })
      const directory = temporaryFolder()
      // Both at once: one of them migrates, the other waits for it.
      const [first, second] = await Promise.all([
        startServerProcess({ directory, port, environment }),
        startServerProcess({ directory, environment }),
      ])
      const secrets = await takeJourney({
        nodes: [first.url, second.url],
        publicUrl,
        inbox: smtpInbox(mailServer),
      })
      const { stdout } = await run('pg_dump', ['--dbname', database.url, '--inserts'], { maxBuffer: 64 << 20 })
      expectDumpWithoutSecrets(stdout, secrets)
      for (const server of [first, second]) {
        expect(await server.stop()).toBe(0)
        expect(findSecrets(server.output(), secrets)).toEqual([])
        expect(server.output()).not.toContain('ada@example.com')
      }
    },
  )
})

/** A dump in which nothing could be found would prove nothing: the address must be there. */
function expectDumpWithoutSecrets(dump: string, secrets: JourneySecrets): void {
  expect(dump).toContain('ada@example.com')
  expect(secrets.codes).toHaveLength(4)
  expect(findSecrets(dump, secrets)).toEqual([])
}

/** Every byte, deleted rows and the write-ahead log too. */
function sqliteBytes(directory: string): string {
  const files = ['latchkey.db', 'latchkey.db-wal'].map((name) => join(directory, 'data', name)).filter(existsSync)
  const bytes = files.map((file) => readFileSync(file, 'latin1')).join('')
  expect(bytes).toContain('ada@example.com')
  return bytes
}
