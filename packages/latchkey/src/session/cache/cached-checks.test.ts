import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../../platform/clock.ts'
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts'
import { createSqliteStorage, type SqliteStorage } from '../../storage/sql/sqlite/sqlite-storage.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { costOf, observeStorage } from '../../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth, type TestAuthOptions } from '../../testing/test-auth.ts'
import type { TestBrowser } from '../../testing/test-browser.ts'
import { bearer, signInAgain, signUpWithTokens } from '../../testing/test-session.ts'

const email = 'ada@example.com'

function observed(options: TestAuthOptions = {}): { readonly test: TestAuth; costs(): readonly string[] } {
  const clock = createFakeClock()
  const watched = observeStorage(createMemoryStorage({ clock }))
  const test = createTestAuth({ clock, storage: watched.storage, ...options })
  return {
    test,
    costs() {
      const costs = costOf(watched.calls)
      watched.forget()
      return costs
    },
  }
}

async function statusOf(browser: TestBrowser): Promise<number> {
  return (await browser.get('/session')).status
}

async function userIdOf(test: TestAuth, address = email): Promise<string> {
  return (await test.auth.users.findByEmail(address))?.id ?? ''
}

describe('a cached check', () => {
  it('costs one statement the first time and none afterwards, by cookie, by access token and for server code', async () => {
    const { test, costs } = observed()
    const ada = await test.signUp(email)
    const { client, tokens } = await signUpWithTokens(test, 'native@example.com')
    await client.get('/session', bearer(tokens.accessToken))
    await test.clock.advance(0)
    const asking: readonly (() => Promise<unknown>)[] = [
      () => ada.get('/session'),
      () => test.auth.getSession({ headers: new Headers({ cookie: cookieOf(ada) }) }),
    ]
    costs()
    await ada.get('/session')
    expect(costs()).toEqual(['findSession'])
    for (const ask of [...asking, ...asking]) expect(await ask()).toBeDefined()
    expect(costs()).toEqual([])
    expect((await client.get('/session', bearer(tokens.accessToken))).status).toBe(200)
    expect(costs()).toEqual([])
  })

  it('costs a statement each time without the cache', async () => {
    const { test, costs } = observed({ sessionCache: false })
    const ada = await test.signUp(email)
    costs()
    for (let round = 0; round < 3; round++) await ada.get('/session')
    expect(costs()).toEqual(['findSession', 'findSession', 'findSession'])
  })

  it('says the same as the database: the answers are equal to the byte', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const first = await ada.get('/session')
    const cached = await ada.get('/session')
    expect(cached.text).toBe(first.text)
    expect([...cached.headers.keys()]).toEqual([...first.headers.keys()])
  })

  it('asks the database about a secret that it does not know, and lets only the right one in', async () => {
    const { test, costs } = observed()
    const ada = await test.signUp(email)
    await ada.get('/session')
    costs()
    const stolen = test.browser()
    const cookie = ada.cookies.get('__Host-latchkey') ?? ''
    stolen.cookies.set('__Host-latchkey', `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`)
    expect(await statusOf(stolen)).toBe(401)
    expect(costs().length).toBeLessThanOrEqual(1)
    expect(await statusOf(ada)).toBe(200)
    expect(costs()).toEqual([])
  })

  it('is judged by the present time: idle and at its end a session is over, however often it was cached', async () => {
    const test = createTestAuth({ session: { idleMs: hourMs, absoluteMs: dayMs } })
    const ada = await test.signUp(email)
    await ada.get('/session')
    await test.clock.advance(hourMs - 1)
    expect(await statusOf(ada)).toBe(200)
    await test.clock.advance(1)
    // Nobody wrote down the visit, so it counts as idle.
    expect(await statusOf(ada)).toBe(401)
  })

  it('goes on when the row says that somebody was there meanwhile', async () => {
    const clock = createFakeClock()
    const storage = createMemoryStorage({ clock })
    const here = createTestAuth({ clock, storage, session: { idleMs: hourMs } })
    const ada = await here.signUp(email)
    await ada.get('/session')
    await clock.advance(hourMs - 1)
    const { items } = await storage.listUsers({ limit: 1 })
    const user = items[0]
    if (user === undefined) throw new TypeError('nobody is there')
    const [session] = await storage.listSessions(user.id, clock.now())
    if (session === undefined) throw new TypeError('no session is there')
    await storage.commit([{ kind: 'touchSessions', seen: [{ sessionId: session.id, at: clock.now() }] }], clock.now())
    await clock.advance(2)
    expect(await statusOf(ada)).toBe(200)
  })

  it('is written down as a visit, once a minute', async () => {
    const { test, costs } = observed()
    const ada = await test.signUp(email)
    await ada.get('/session')
    costs()
    await test.clock.advance(minuteMs)
    await ada.get('/session')
    await ada.get('/session')
    expect(costs()).toEqual([])
    await test.auth.close()
    expect(costs()).toEqual(['commit touchSessions'])
    const [session] = await test.auth.sessions.list(await userIdOf(test))
    expect(session?.lastSeenAt).toEqual(new Date(test.clock.now()))
  })

  it('is not made for what changes something, nor for administrators', async () => {
    const { test, costs } = observed()
    const ada = await test.signUp(email)
    await test.auth.users.setRoles(await userIdOf(test), ['admin'])
    await ada.get('/session')
    await ada.get('/session')
    costs()
    await ada.patch('/account', { name: 'Ada' })
    expect(costs()[0]).toBe('findSession')
    // What was changed is forgotten: it has to be cached again for the next one to say anything.
    await ada.get('/session')
    await ada.get('/session')
    expect(costs()).toEqual(['findSession'])
    await ada.get('/admin/users')
    expect(costs()[0]).toBe('findSession')
  })

  it('asks the database again after close', async () => {
    const { test, costs } = observed()
    const ada = await test.signUp(email)
    await ada.get('/session')
    await test.auth.close()
    costs()
    expect(await statusOf(ada)).toBe(200)
    expect(await statusOf(ada)).toBe(200)
    expect(costs()).toEqual(['findSession', 'findSession'])
  })
})

describe('what was cached ends in this process before the answer leaves', () => {
  /** Two browsers of one person, both in the cache of the first engine; what the second engine on the same storage does, the first sees. */
  async function cached(): Promise<{
    test: TestAuth
    other: TestAuth
    ada: TestBrowser
    phone: TestBrowser
    userId: string
  }> {
    const clock = createFakeClock()
    const storage = createMemoryStorage({ clock })
    const test = createTestAuth({ clock, storage })
    const other = createTestAuth({ clock, storage, seed: 2 })
    const ada = await test.signUp(email)
    const phone = await signInAgain(test, email)
    for (const browser of [ada, phone, ada, phone]) expect(await statusOf(browser)).toBe(200)
    return { test, other, ada, phone, userId: await userIdOf(test) }
  }

  it('at sign-out', async () => {
    const { ada, phone } = await cached()
    const cookie = ada.cookies.get('__Host-latchkey') ?? ''
    expect((await ada.delete('/session')).status).toBe(204)
    ada.cookies.set('__Host-latchkey', cookie)
    expect([await statusOf(ada), await statusOf(phone)]).toEqual([401, 200])
  })

  it('when another device is signed out, or all others', async () => {
    const { ada, phone } = await cached()
    const { session } = (await phone.get('/session')).body as { readonly session: { readonly id: string } }
    expect((await ada.delete(`/sessions/${session.id}`)).status).toBe(204)
    expect([await statusOf(ada), await statusOf(phone)]).toEqual([200, 401])
    const again = await cached()
    expect((await again.ada.delete('/sessions')).status).toBe(204)
    expect([await statusOf(again.ada), await statusOf(again.phone)]).toEqual([200, 401])
  })

  it('at a password change: the old secret of the session that made it, too', async () => {
    const { ada, phone } = await cached()
    const before = ada.cookies.get('__Host-latchkey') ?? ''
    const changed = await ada.post('/password/change', {
      currentPassword: testPassword,
      password: 'another long phrase',
    })
    expect(changed.status).toBe(204)
    expect([await statusOf(ada), await statusOf(phone)]).toEqual([200, 401])
    ada.cookies.set('__Host-latchkey', before)
    expect(await statusOf(ada)).toBe(401)
  })

  it('when another engine blocks, signs out, deletes or changes roles', async () => {
    const blocked = await cached()
    await blocked.other.auth.users.block(blocked.userId)
    expect([await statusOf(blocked.ada), await statusOf(blocked.phone)]).toEqual([401, 401])
    const ended = await cached()
    await ended.other.auth.sessions.revokeAll(ended.userId)
    expect([await statusOf(ended.ada), await statusOf(ended.phone)]).toEqual([401, 401])
    const deleted = await cached()
    await deleted.other.auth.users.delete(deleted.userId)
    expect([await statusOf(deleted.ada), await statusOf(deleted.phone)]).toEqual([401, 401])
    const changed = await cached()
    await changed.other.auth.users.setRoles(changed.userId, ['editor'])
    expect((await changed.ada.get('/session')).body).toMatchObject({ user: { roles: ['editor'] } })
    await changed.ada.patch('/account', { name: 'Grace' })
    expect((await changed.phone.get('/session')).body).toMatchObject({ user: { name: 'Grace' } })
  })

  it('when a further sign-in pushes it out', async () => {
    const test = createTestAuth({ session: { maxPerUser: 2 } })
    const browsers = [await test.signUp(email), await signInAgain(test, email)]
    for (const browser of browsers) expect(await statusOf(browser)).toBe(200)
    browsers.push(await signInAgain(test, email))
    expect(await Promise.all(browsers.map(statusOf))).toEqual([401, 200, 200])
  })

  it('where the storage says nothing of its commits', async () => {
    const clock = createFakeClock()
    const { changeSignals: _, ...silent } = createMemoryStorage({ clock })
    const test = createTestAuth({ clock, storage: silent as never })
    const ada = await test.signUp(email)
    await ada.get('/session')
    await expect
      .poll(async () => {
        await ada.get('/session')
        return metric(await test.auth.metrics(), 'latchkey_session_cache_hits_total')
      })
      .toBeGreaterThan(0)
    await test.auth.sessions.revokeAll(await userIdOf(test))
    expect(await statusOf(ada)).toBe(401)
    await test.auth.close()
  })
})

describe('on one SQLite file', () => {
  const cleanUps: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  })

  it('another process is seen by the very next check', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'latchkey-cache-'))
    cleanUps.push(() => rm(directory, { recursive: true }))
    const open = async (): Promise<SqliteStorage> => {
      const storage = await createSqliteStorage({ filename: join(directory, 'latchkey.db') })
      cleanUps.push(() => storage.close())
      return storage
    }
    const clock = createFakeClock()
    const watched = observeStorage(await open())
    await watched.storage.migrate()
    const test = createTestAuth({ clock, storage: watched.storage })
    const other = createTestAuth({ clock, storage: await open(), seed: 2 })
    const ada = await test.signUp(email)
    const phone = await signInAgain(test, email)
    const userId = await userIdOf(test)
    for (let round = 0; round < 20; round++) {
      for (const browser of [ada, phone]) expect(await statusOf(browser)).toBe(200)
      watched.forget()
      for (const browser of [ada, phone]) expect(await statusOf(browser)).toBe(200)
      expect(costOf(watched.calls)).toEqual([])
      await other.auth.users.setRoles(userId, [`round-${round}`])
      expect((await ada.get('/session')).body).toMatchObject({ user: { roles: [`round-${round}`] } })
    }
    await other.auth.sessions.revokeAll(userId)
    expect([await statusOf(ada), await statusOf(phone)]).toEqual([401, 401])
  })
})

describe('the numbers of the cache', () => {
  it('stand in the metrics', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    for (let round = 0; round < 5; round++) await ada.get('/session')
    const text = await test.auth.metrics()
    expect(metric(text, 'latchkey_session_cache_hits_total')).toBe(4)
    expect(metric(text, 'latchkey_session_cache_misses_total')).toBe(1)
    expect(metric(text, 'latchkey_session_cache_fills_dropped_total')).toBe(0)
    expect(metric(text, 'latchkey_session_cache_entries')).toBe(1)
    expect(await createTestAuth({ sessionCache: false }).auth.metrics()).not.toContain('latchkey_session_cache_entries')
  })

  it('count a fill that a change overtook, which is not kept', async () => {
    const clock = createFakeClock()
    const storage = createMemoryStorage({ clock })
    let overtake: (() => Promise<unknown>) | undefined
    const slow: typeof storage = {
      ...storage,
      async findSession(id) {
        const found = await storage.findSession(id)
        await overtake?.()
        return found
      },
    }
    const test = createTestAuth({ clock, storage: slow })
    const ada = await test.signUp(email)
    const userId = await userIdOf(test)
    overtake = () => {
      overtake = undefined
      return test.auth.users.setRoles(userId, ['late'])
    }
    // It had been good when it was asked for.
    expect(await statusOf(ada)).toBe(200)
    expect((await ada.get('/session')).body).toMatchObject({ user: { roles: ['late'] } })
    expect(metric(await test.auth.metrics(), 'latchkey_session_cache_fills_dropped_total')).toBe(1)
  })
})

function metric(text: string, name: string): number {
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

function cookieOf(browser: TestBrowser): string {
  return `__Host-latchkey=${browser.cookies.get('__Host-latchkey')}`
}
