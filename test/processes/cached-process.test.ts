import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMysqlDatabase, createPostgresDatabase, mysqlIsThere, postgresIsThere } from '../databases/servers.ts'
import { plainEnvironment } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Ended {
  readonly code: number | null
  readonly output: string
  /** From its last word to its end. */
  readonly lingeredMs: number
}

async function run(dialect: string, place: string): Promise<Ended> {
  const script = fileURLToPath(new URL('./cached-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dialect, place], { env: plainEnvironment() })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let spokeAt = 0
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      spokeAt = performance.now()
    })
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  return { code, output, lingeredMs: performance.now() - spokeAt }
}

function expectToEnd({ code, output, lingeredMs }: Ended): void {
  expect(output).toMatch(/^hits [12]\n$/)
  expect(code).toBe(0)
  expect(lingeredMs).toBeLessThan(3_000)
}

describe('a session cache keeps no process alive, though nobody closes the engine', () => {
  it('on SQLite', async () => {
    expectToEnd(await run('sqlite', join(temporaryFolder(), 'latchkey.db')))
  })

  it.runIf(postgresIsThere)('on PostgreSQL, where it listens', async () => {
    const database = await createPostgresDatabase()
    onTestFinished(() => database.drop())
    expectToEnd(await run('postgres', database.url))
  })

  it.runIf(mysqlIsThere)('on MariaDB', async () => {
    const database = await createMysqlDatabase()
    onTestFinished(() => database.drop())
    expectToEnd(await run('mysql', database.url))
  })
})
