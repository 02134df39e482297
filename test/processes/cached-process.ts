// An application that checks sessions and forgets to close the engine: makes a session, checks it, closes at most the storage.
import { setTimeout as pause } from 'node:timers/promises'
import { createMysqlStorage } from '../../packages/latchkey/src/mysql.ts'
import { createPostgresStorage } from '../../packages/latchkey/src/postgres.ts'
import { createSqliteStorage } from '../../packages/latchkey/src/sqlite.ts'
import { createTestAuth } from '../../packages/latchkey/src/testing/test-auth.ts'

const [dialect = '', place = ''] = process.argv.slice(2)
const storage = await open()
await storage.migrate()
const test = createTestAuth({ storage })
const ada = await test.signUp('ada@example.com')
await ada.get('/session')
await pause(700)
await ada.get('/session')
const [, hits] = /^latchkey_session_cache_hits_total (\d+)$/m.exec(await test.auth.metrics()) ?? []
process.stdout.write(`hits ${hits}\n`)
// A connection to a server is the application's to close.
if (dialect !== 'sqlite') await storage.close()

async function open(): ReturnType<typeof createPostgresStorage> {
  if (dialect === 'sqlite') return createSqliteStorage({ filename: place })
  return dialect === 'mysql' ? createMysqlStorage({ url: place }) : createPostgresStorage({ url: place })
}
