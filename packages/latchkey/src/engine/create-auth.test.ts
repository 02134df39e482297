import { describe, expect, it } from 'vitest'
import type { MailTransport } from '../courier/mail-transport.ts'
import { noContext } from '../core/request-context.ts'
import { minuteMs } from '../platform/clock.ts'
import { LatchkeyError } from '../platform/errors.ts'
import type { LogFields, Logger } from '../platform/logger.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import { bearer, countingStore, signUpWithTokens } from '../testing/test-session.ts'
import { createBackground } from './background.ts'

const email = 'ada@example.com'

function collectingLogger(): { readonly logger: Logger; readonly lines: [LogFields, string][] } {
  const lines: [LogFields, string][] = []
  const log = (fields: LogFields, message: string): void => void lines.push([fields, message])
  return { logger: { debug: log, info: log, warn: log, error: log }, lines }
}

function withFailing(storage: Storage, failing: Partial<Storage>): Storage {
  return { ...storage, ...failing }
}

describe('getSession', () => {
  it('knows a cookie, a bearer token, and nobody', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const { tokens } = await signUpWithTokens(test, 'native@example.com')
    const cookie = `other=1; __Host-latchkey=${ada.cookies.get('__Host-latchkey')}`
    const asked = async (headers: Record<string, string>): Promise<string | undefined> =>
      (await test.auth.getSession(new Request('https://app.example.com/', { headers })))?.user.email
    expect(await asked({ cookie })).toBe(email)
    expect(await asked(bearer(tokens.accessToken))).toBe('native@example.com')
    expect(await asked({})).toBeUndefined()
    expect(await asked({ cookie: `${cookie}; __Host-latchkey=twice` })).toBeUndefined()
    expect(await asked({ cookie: cookie.replace('__Host-', '') })).toBeUndefined()
    expect(await asked(bearer('rubbish'))).toBeUndefined()
  })

  it('gives dates and no secrets, in one statement', async () => {
    const { store, calls } = countingStore(createMemoryStorage())
    const test = createTestAuth({ storage: store })
    const ada = await test.signUp(email)
    const headers = { cookie: `__Host-latchkey=${ada.cookies.get('__Host-latchkey')}` }
    calls.clear()
    const found = await test.auth.getSession(new Request('https://app.example.com/', { headers }))
    expect(Object.fromEntries(calls)).toEqual({ findSession: 1 })
    expect(found?.user.createdAt).toEqual(new Date(test.clock.now()))
    expect(Object.keys(found?.user ?? {}).toSorted(byText)).toEqual([
      'blockedAt',
      'createdAt',
      'email',
      'emailVerifiedAt',
      'id',
      'locale',
      'name',
      'roles',
    ])
    expect(Object.keys(found?.session ?? {}).filter((key) => /digest|salt|secret|epoch/i.test(key))).toEqual([])
  })

  it('counts as a visit, also in a process that serves no route', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    await test.clock.advance(10 * minuteMs)
    const headers = new Headers({ cookie: `__Host-latchkey=${ada.cookies.get('__Host-latchkey')}` })
    await test.auth.getSession({ headers })
    await test.auth.close()
    const user = await test.auth.users.findByEmail(email)
    const [session] = await test.auth.sessions.list(user?.id ?? '')
    expect(session?.lastSeenAt).toEqual(new Date(test.clock.now()))
  })
})

describe('the background work', () => {
  it('begins with the first request, once, and mails by itself', async () => {
    const test = createTestAuth({ backgroundWork: true })
    const started = test.browser().post('/sign-up', { email, password: testPassword })
    test.auth.start()
    test.auth.start()
    await started
    await expect.poll(() => test.mailbox.list().length).toBe(1)
    await test.auth.close()
    expect(test.mailbox.list()).toHaveLength(1)
  })

  it('begins with a session that is asked for without a route', async () => {
    const clock = createFakeClock()
    const { store, calls } = countingStore(createMemoryStorage({ clock }))
    const test = createTestAuth({ storage: store, clock, backgroundWork: true })
    await test.auth.getSession({ headers: new Headers() })
    await expect.poll(() => calls.get('dueMessages') ?? 0).toBeGreaterThan(0)
    await test.auth.close()
  })

  it('is waited for by close: a mail on its way arrives, a visit is written, and nothing starts afterwards', async () => {
    let arrive = (): void => undefined
    let isOnTheWay = false
    const sent: string[] = []
    const mail: MailTransport = {
      async send({ to }) {
        isOnTheWay = true
        await new Promise<void>((resolve) => (arrive = resolve))
        sent.push(to)
      },
    }
    const test = createTestAuth({ mail, backgroundWork: true })
    await test.browser().post('/sign-up', { email, password: testPassword })
    await expect.poll(() => isOnTheWay).toBe(true)
    let isClosed = false
    const closing = test.auth.close().then(() => (isClosed = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isClosed).toBe(false)
    arrive()
    await closing
    expect(sent).toEqual([email])
    await test.browser().post('/sign-up', { email: 'bob@example.com', password: testPassword })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(sent).toEqual([email])
    await expect(test.auth.close()).resolves.toBeUndefined()
  })

  it('may be closed before it began, twice, and when the store is gone', async () => {
    const { logger, lines } = collectingLogger()
    const storage = createMemoryStorage()
    const failing = withFailing(storage, {})
    const test = createTestAuth({ storage: failing, logger })
    await test.auth.close()
    const ada = await test.signUp(email)
    await test.clock.advance(10 * minuteMs)
    await ada.get('/session')
    Object.assign(failing, { commit: () => Promise.reject(new LatchkeyError('storage_unavailable')) })
    const broken = createTestAuth({ storage: failing, logger, clock: test.clock })
    await broken.browser().get('/session', { cookie: `__Host-latchkey=${ada.cookies.get('__Host-latchkey')}` })
    await broken.auth.close()
    await broken.auth.close()
    expect(lines.map(([, message]) => message)).toContain('The last visits could not be written.')
  })

  it('that fails is logged and lets the rest go on', async () => {
    const { logger, lines } = collectingLogger()
    const background = createBackground(logger)
    const done: string[] = []
    background.run(() => Promise.reject(new Error('broken')))
    background.run(async () => {
      await Promise.resolve()
      done.push('first')
      // Work that begins more work: idle waits for that too.
      background.run(() => Promise.resolve(void done.push('second')))
    })
    await background.idle()
    expect(done).toEqual(['first', 'second'])
    expect(lines).toHaveLength(1)
  })
})

describe('readiness', () => {
  it('is given when the database answers, the schema is right and the clocks agree', async () => {
    const test = createTestAuth()
    expect(await test.auth.ready()).toEqual({
      ok: true,
      checks: { database: 'ok', migrations: 'ok', clock: 'ok', feed: 'ok' },
    })
  })

  it('says what is missing: database, migrations, clock', async () => {
    const clock = createFakeClock()
    const storage = createMemoryStorage({ clock })
    const readyWith = async (failing: Partial<Storage>): Promise<unknown> =>
      (await createTestAuth({ clock, storage: withFailing(storage, failing) }).auth.ready()).checks
    const fine = { database: 'ok', migrations: 'ok', clock: 'ok', feed: 'ok' }
    expect(await readyWith({ databaseNow: () => Promise.reject(new LatchkeyError('storage_unavailable')) })).toEqual({
      ...fine,
      database: 'storage_unavailable',
    })
    // The message of a strange error may hold a password of the database's address.
    expect(await readyWith({ databaseNow: () => Promise.reject(new Error('postgres://user:pw@host')) })).toEqual({
      ...fine,
      database: 'unavailable',
    })
    const status = { applied: [], pending: ['0002_more'], unknown: [], altered: [] }
    expect(await readyWith({ migrationStatus: () => Promise.resolve(status) })).toMatchObject({
      migrations: '1 pending',
    })
    const altered = { ...status, pending: [], altered: ['0001_core'] }
    expect(await readyWith({ migrationStatus: () => Promise.resolve(altered) })).toMatchObject({
      migrations: '1 altered',
    })
    const newer = { ...status, pending: [], unknown: ['0009_later'] }
    expect(await readyWith({ migrationStatus: () => Promise.resolve(newer) })).toEqual(fine)
    for (const [skewMs, verdict] of [
      [2_000, 'ok'],
      [-2_000, 'ok'],
      [2_001, "differs from the database's by 2001 ms"],
      [-2_001, "differs from the database's by 2001 ms"],
    ] as const) {
      expect(await readyWith({ databaseNow: () => Promise.resolve(clock.now() + skewMs) })).toMatchObject({
        clock: verdict,
      })
    }
  })
})

describe('what only development has', () => {
  it('is refused elsewhere', async () => {
    const test = createTestAuth()
    expect(() => test.auth.issueAdminLink()).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    expect((await test.browser().post('/admin-link/claim', { token: 'x' })).status).toBe(404)
    expect((await test.browser().get('/config')).body).toMatchObject({ development: false })
  })

  it('is there in development, on localhost', async () => {
    const test = createTestAuth({ development: true, publicUrl: 'http://localhost:4000' })
    expect(await test.auth.issueAdminLink()).toMatch(/^http:\/\/localhost:4000\/admin-link#token=/)
  })
})

describe('acting in the name of somebody', () => {
  it('stands in the audit log, and the plain engine stays nobody', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const user = await test.auth.users.findByEmail(email)
    const scoped = test.auth.withContext({ actorId: 'cli', requestId: 'request-7', ip: '192.0.2.9' })
    await scoped.users.block(user?.id ?? '')
    await test.auth.users.unblock(user?.id ?? '')
    const events = await test.storage.listEvents({ limit: 2 })
    expect(events.items).toMatchObject([
      { kind: 'user.unblocked', actorId: 'system', requestId: null },
      { kind: 'user.blocked', actorId: 'cli', requestId: 'request-7' },
    ])
    expect(await test.auth.signingKeys.rotate(noContext, 'cli')).toBe(true)
  })
})

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}
