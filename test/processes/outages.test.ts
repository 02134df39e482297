import { describe, expect, it, onTestFinished } from 'vitest'
import { createProxiedMysql, createProxiedPostgres, type ProxiedDatabase } from '../databases/proxied.ts'
import { mysqlIsThere, postgresIsThere } from '../databases/servers.ts'
import { callAsApp } from '../journey/browser.ts'
import { eventually } from '../journey/eventually.ts'
import { mailboxInbox } from '../journey/mails.ts'
import { startServerProcess, type ServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const email = 'ada@example.com'
const password = 'correct horse battery staple'

describe('a database that goes away in the middle', () => {
  it.runIf(postgresIsThere)(
    'is a 503 on PostgreSQL, nothing is half done, and the server recovers by itself',
    async () => {
      await loseTheDatabase(await createProxiedPostgres())
    },
  )

  it.runIf(mysqlIsThere)('is a 503 on MariaDB, nothing is half done, and the server recovers by itself', async () => {
    await loseTheDatabase(await createProxiedMysql())
  })
})

async function loseTheDatabase({ database, proxy, cleanUp }: ProxiedDatabase): Promise<void> {
  onTestFinished(cleanUp)
  const environment = { LATCHKEY_DATABASE_URL: database.urlThrough(proxy.port) }
  const server = await startServerProcess({ directory: temporaryFolder(), arguments: ['--dev'], environment })
  const { attempt } = (await signUp(server)).body
  const { code } = await mailboxInbox(server.url).next(email)

  proxy.goAway()
  for (const answer of [
    await signUp(server),
    await callAsApp(server.url, 'POST', '/sign-in/factor/email-code', { body: { attempt, code } }),
    await callAsApp(server.url, 'POST', '/sign-in/password', { body: { email, password } }),
    await callAsApp(server.url, 'POST', '/password/reset-request', { body: { email } }),
  ]) {
    // Who was writing when the connection broke cannot know more than that.
    expect(answer).toMatchObject({
      status: 503,
      body: { code: expect.stringMatching(/^(unavailable|outcome_unknown)$/) },
    })
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  }
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)

  proxy.comeBack()
  await eventually(async () => (await fetch(`${server.url}/readyz`)).ok || undefined, 'the server to be ready again')
  const rows = await database.query(
    `SELECT (SELECT count(*) FROM latchkey_user) AS users, (SELECT count(*) FROM latchkey_challenge WHERE purpose = 'sign-up') AS challenges,
            (SELECT count(*) FROM latchkey_message) AS messages`,
  )
  expect(Object.values(rows[0] ?? {}).map(Number)).toEqual([0, 1, 1])
  // The code was not used up by the failure.
  const proved = await callAsApp(server.url, 'POST', '/sign-in/factor/email-code', { body: { attempt, code } })
  expect(proved).toMatchObject({ status: 200, body: { status: 'signed_in' } })
  expect(await server.stop()).toBe(0)
  expect(server.output()).not.toMatch(/uncaught|nothing caught/)
}

function signUp(server: ServerProcess): ReturnType<typeof callAsApp> {
  return callAsApp(server.url, 'POST', '/sign-up', { body: { email, password, mode: 'token' } })
}
