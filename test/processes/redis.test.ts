import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOwnRedis, redisIsInstalled, withRedis, type OwnRedis } from '../databases/redis.ts'
import { runCli } from './run-cli.ts'
import { startServerProcess, type ServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe.skipIf(!redisIsInstalled)('servers whose limits are in Redis', () => {
  let redis: OwnRedis
  beforeEach(async () => {
    redis = await createOwnRedis()
    await redis.start()
  })
  afterEach(() => redis.cleanUp())

  const start = (directory: string): Promise<ServerProcess> =>
    startServerProcess({ directory, arguments: ['--dev'], environment: { LATCHKEY_REDIS_URL: redis.url } })

  async function guess({ port }: ServerProcess): Promise<number> {
    const origin = `http://localhost:${port}`
    const { status } = await fetch(`${origin}/auth/sign-in/password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ email: 'ada@example.com', password: 'a wrong guess at it' }),
    })
    return status
  }

  async function guesses(servers: readonly ServerProcess[], count: number): Promise<Readonly<Record<number, number>>> {
    const statuses = await Promise.all(Array.from({ length: count / servers.length }, () => servers.map(guess)).flat())
    return Object.fromEntries([401, 429].map((status) => [status, statuses.filter((one) => one === status).length]))
  }

  it('share every ceiling, and go on with those of the database while it is away', async () => {
    const directory = temporaryFolder()
    const servers = [await start(directory), await start(directory)]
    expect(await guesses(servers, 20)).toEqual({ 401: 10, 429: 10 })
    const keys = await withRedis((send) => send('KEYS', 'latchkey:password/account/*'), redis.url)
    expect(keys).toHaveLength(1)
    await redis.kill()
    expect(await guesses(servers, 20)).toEqual({ 401: 10, 429: 10 })
    for (const { url, output } of servers) {
      const ready = await fetch(`${url}/readyz`)
      expect(ready.status).toBe(200)
      expect(await ready.json()).toMatchObject({
        checks: { limits: expect.stringMatching(/^kept by the database for \d+ s$/) },
      })
      expect(output()).toContain('Redis does not answer: the database keeps the limits until it does.')
    }
  })

  it('are told by doctor whether it can be used, and whether it may forget', async () => {
    const found = async (): Promise<unknown> => {
      const { stdout } = await runCli(['doctor', '--offline', '--json'], {
        directory: temporaryFolder(),
        environment: { LATCHKEY_REDIS_URL: redis.url },
      })
      const { checks } = JSON.parse(stdout) as { checks: readonly { readonly name: string }[] }
      return checks.find(({ name }) => name === 'limits')
    }
    expect(await found()).toMatchObject({ status: 'ok', message: expect.stringMatching(/^Redis \d+\.\d+/) })
    await withRedis((send) => send('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'), redis.url)
    expect(await found()).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/allkeys-lru\): set noeviction/),
    })
    await redis.kill()
    expect(await found()).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/the database keeps the limits: .*ECONNREFUSED/),
    })
  })
})
