import { describe, expect, it } from 'vitest'
import { dayMs } from '../platform/clock.ts'
import { createTestAuth, type TestAuth } from '../testing/test-auth.ts'
import type { TestBrowser } from '../testing/test-browser.ts'
import { bearer, signInAgain, signUpWithTokens } from '../testing/test-session.ts'

const email = 'ada@example.com'

interface Listed {
  readonly id: string
  readonly current: boolean
}

async function listed(browser: TestBrowser): Promise<readonly Listed[]> {
  return (await browser.get('/sessions')).body['sessions'] as Listed[]
}

async function currentId(browser: TestBrowser): Promise<string> {
  const { session } = (await browser.get('/session')).body as { readonly session?: { readonly id: string } }
  return session?.id ?? ''
}

async function eventCount(test: TestAuth): Promise<number> {
  return (await test.storage.listEvents({ limit: 200 })).items.length
}

describe('the list of sessions', () => {
  it('shows the living ones of this person alone, the newest first, and marks the one that asks', async () => {
    const test = createTestAuth()
    const first = await test.signUp(email)
    await test.signUp('bob@example.com')
    const second = await signInAgain(test, email)
    expect(await listed(first)).toMatchObject([
      { id: await currentId(second), current: false },
      { id: await currentId(first), current: true },
    ])
  })

  it('hides what is signed out, idle or past its end, for the person, the administrator and the library', async () => {
    const test = createTestAuth()
    const first = await test.signUp(email)
    const user = await test.auth.users.findByEmail(email)
    const admin = await test.signUp('admin@example.com')
    const adminUser = await test.auth.users.findByEmail('admin@example.com')
    await test.auth.users.setRoles(adminUser?.id ?? '', ['admin'])
    const signedOut = await signInAgain(test, email)
    await signedOut.delete('/session')
    await test.clock.advance(6 * dayMs)
    await admin.get('/session')
    await test.auth.close()
    const second = await signInAgain(test, email)
    await test.clock.advance(dayMs)
    // `first` has been idle for seven days now; `second` is a day old.
    expect((await first.get('/session')).status).toBe(401)
    const living = [await currentId(second)]
    expect((await listed(second)).map(({ id }) => id)).toEqual(living)
    expect((await test.auth.sessions.list(user?.id ?? '')).map(({ id }) => id)).toEqual(living)
    const seen = await admin.get(`/admin/users/${user?.id}/sessions`)
    expect((seen.body['sessions'] as Listed[]).map(({ id }) => id)).toEqual(living)
  })

  it('keeps at most 25 sessions, the newest', async () => {
    const test = createTestAuth()
    const first = await test.signUp(email)
    const browsers = [first]
    for (let count = 0; count < 25; count++) {
      // The same known browser, so that no code is asked for and no limit on mails is met.
      const browser = test.browser()
      for (const [name, value] of first.cookies) if (name.endsWith('-device')) browser.cookies.set(name, value)
      browsers.push(await signInAgain(test, email, browser))
    }
    expect((await first.get('/session')).status).toBe(401)
    for (const browser of browsers.slice(1)) expect((await browser.get('/session')).status).toBe(200)
    expect(await listed(browsers[25] ?? first)).toHaveLength(25)
  })
})

describe('ending sessions', () => {
  it('refuses a foreign, an unknown, a dead and a misspelled id with one answer, and nothing happens', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const bob = await test.signUp('bob@example.com')
    const bobs = await currentId(bob)
    const second = await signInAgain(test, email)
    const dead = await currentId(second)
    await second.delete('/session')
    const before = await eventCount(test)
    const ids = [bobs, dead, '01890000-0000-7000-8000-000000000000', 'x', bobs.toUpperCase(), '..', '%00', "'--"]
    for (const id of ids) expect([id, (await ada.delete(`/sessions/${id}`)).status]).toEqual([id, 404])
    expect((await bob.get('/session')).status).toBe(200)
    expect(await eventCount(test)).toBe(before)
    expect((await test.storage.listChanges({ after: 0, limit: 100 })).map(({ sessionId }) => sessionId)).toEqual([dead])
  })

  it('ends one session and clears the cookie only when it is the own one', async () => {
    const test = createTestAuth()
    const first = await test.signUp(email)
    const second = await signInAgain(test, email)
    const other = await second.delete(`/sessions/${await currentId(first)}`)
    expect([other.status, other.setCookies]).toEqual([204, []])
    expect((await first.get('/session')).status).toBe(401)
    const own = await second.delete(`/sessions/${await currentId(second)}`)
    expect(own.status).toBe(204)
    expect(second.cookies.has('__Host-latchkey')).toBe(false)
  })

  it('ends all others and keeps the one that asks, access tokens included', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    const second = await signInAgain(test, email)
    const third = await signInAgain(test, email)
    expect((await second.delete('/sessions')).status).toBe(204)
    expect((await second.get('/session')).status).toBe(200)
    expect((await third.get('/session')).status).toBe(401)
    expect((await client.get('/session', bearer(tokens.accessToken))).status).toBe(401)
    expect((await client.post('/session/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    // The kept session stands in the new epoch: a second time works as well.
    expect((await second.delete('/sessions')).status).toBe(204)
    expect(await listed(second)).toHaveLength(1)
  })

  it('ends a session once for two parallel callers, with one event', async () => {
    const test = createTestAuth()
    const first = await test.signUp(email)
    const second = await signInAgain(test, email)
    const id = await currentId(second)
    const answers = await Promise.all([first.delete(`/sessions/${id}`), first.delete(`/sessions/${id}`)])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 404]))
    const events = await test.storage.listEvents({ limit: 10, kind: 'session.revoked' })
    expect(events.items).toHaveLength(1)
  })

  it('is the same for a session that was copied: signing out ends it everywhere', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const thief = test.browser()
    for (const [name, value] of ada.cookies) thief.cookies.set(name, value)
    expect((await thief.get('/session')).status).toBe(200)
    expect((await ada.delete('/session')).status).toBe(204)
    expect((await thief.get('/session')).status).toBe(401)
    expect((await thief.delete('/sessions')).status).toBe(401)
  })
})
