import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'

// Where Redis for tests is: LATCHKEY_TEST_REDIS_URL, else the usual local place (see scripts/services.mjs).
export const redisUrl: string = process.env['LATCHKEY_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** Optional without its variable, as the databases are (servers.ts). */
export const redisIsThere: boolean = process.env['LATCHKEY_TEST_REDIS_URL'] !== undefined || (await answers(redisUrl))

/** For a server of one's own it takes the program, too. */
export const redisIsInstalled: boolean = spawnSync('redis-server', ['--version']).status === 0

async function answers(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { connectTimeout: 1_000, reconnectStrategy: false } })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
    return true
  } catch {
    return false
  } finally {
    if (client.isOpen) client.destroy()
  }
}

let count = 0

/** A prefix that no other test has. */
export function freshPrefix(): string {
  return `latchkey-test-${process.pid}-${Date.now().toString(36)}-${++count}:`
}

/** Sends one command, as words. */
type Send = (...words: readonly string[]) => Promise<unknown>

/** On a connection of its own. */
export async function withRedis<Result>(
  work: (send: Send) => Promise<Result>,
  url: string = redisUrl,
): Promise<Result> {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work((...words) => client.sendCommand([...words]))
  } finally {
    client.destroy()
  }
}

export async function removePrefix(prefix: string): Promise<void> {
  await withRedis(async (send) => {
    const keys = await send('KEYS', `${prefix}*`)
    if (Array.isArray(keys)) for (const key of keys) await send('DEL', String(key))
  })
}

/** A server of one's own, to be stopped and killed. It forgets everything when it dies. */
export interface OwnRedis {
  readonly url: string
  start(): Promise<void>
  /** It goes on listening and answers nothing. */
  pause(): Promise<void>
  resume(): void
  kill(): Promise<void>
  cleanUp(): Promise<void>
}

export async function createOwnRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    const killed = server
    if (killed === undefined) return
    server = undefined
    const gone = new Promise((resolve) => killed.once('exit', resolve))
    killed.kill('SIGKILL')
    await gone
  }
  return {
    url,
    async start() {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
      server = spawn('redis-server', args, { stdio: 'ignore' })
      for (let tries = 0; tries < 100; tries++) {
        if (await answers(url)) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error('redis-server did not start')
    },
    async pause() {
      server?.kill('SIGSTOP')
      // Until it has really stopped.
      await new Promise((resolve) => setTimeout(resolve, 50))
    },
    resume: () => void server?.kill('SIGCONT'),
    kill,
    async cleanUp() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}
