// A second process on a database: answers `charge`, `commit` and `migrate`, one JSON a line, until it is killed.
import { createInterface } from 'node:readline'

import { createMysqlStorage } from '../../packages/latchkey/src/mysql.ts'
import { createPostgresStorage } from '../../packages/latchkey/src/postgres.ts'
import { createSqliteStorage } from '../../packages/latchkey/src/sqlite.ts'

const [dialect = '', place = ''] = process.argv.slice(2)
const storage = await open()
process.stdout.write('{"ready":true}\n')

for await (const line of createInterface({ input: process.stdin })) void answer(line)

async function open(): ReturnType<typeof createPostgresStorage> {
  switch (dialect) {
    case 'sqlite':
      return createSqliteStorage({ filename: place })
    case 'postgres':
      return createPostgresStorage({ url: place })
    case 'mysql':
      return createMysqlStorage({ url: place })
    default:
      throw new TypeError(`no storage called "${dialect}"`)
  }
}

async function answer(line: string): Promise<void> {
  const { id, call, given, now } = JSON.parse(line) as {
    readonly id: number
    readonly call: 'charge' | 'commit' | 'migrate'
    readonly given: never
    readonly now: number
  }
  try {
    const result = call === 'migrate' ? await storage.migrate() : await storage[call](given, now)
    process.stdout.write(`${JSON.stringify({ id, result })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`)
  }
}
