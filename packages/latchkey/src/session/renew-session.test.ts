import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { bearer, signUpWithTokens, tokensIn } from '../testing/test-session.ts'

const email = 'ada@example.com'
const next = 'an entirely different phrase'
const cookie = '__Host-latchkey'

function change(
  browser: TestBrowser,
  headers: Readonly<Record<string, string>> = {},
  [currentPassword, password]: readonly [string, string] = [testPassword, next],
): Promise<TestAnswer> {
  return browser.post('/password/change', { currentPassword, password }, headers)
}

function copyOf(test: TestAuth, browser: TestBrowser): TestBrowser {
  const copy = test.browser()
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
  return copy
}

interface SessionBody {
  readonly session: {
    readonly id: string
    readonly authenticatedAt: string
    readonly expiresAt: string
    readonly amr: unknown
  }
}

async function sessionOf(browser: TestBrowser, headers: Readonly<Record<string, string>> = {}): Promise<SessionBody> {
  return (await browser.get('/session', headers)).body as unknown as SessionBody
}

describe('a password change with a cookie', () => {
  it('replaces the secret of the session: the old cookie is dead, the new one goes on under the same id', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const thief = copyOf(test, ada)
    const before = await sessionOf(ada)
    await test.clock.advance(dayMs)
    const answer = await change(ada)
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect((await thief.get('/session')).status).toBe(401)
    const after = await sessionOf(ada)
    expect(after.session.id).toBe(before.session.id)
    expect(after.session.expiresAt).toBe(before.session.expiresAt)
    expect(ada.cookies.get(cookie)?.slice(0, 36)).toBe(thief.cookies.get(cookie)?.slice(0, 36))
  })

  it('makes the session fresh, since the password was given', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const user = await test.auth.users.findByEmail(email)
    await test.auth.users.setRoles(user?.id ?? '', ['admin'])
    await test.clock.advance(hourMs)
    expect((await ada.post('/admin/keys/rotate')).body).toMatchObject({ code: 'fresh_required' })
    await change(ada)
    const { session } = await sessionOf(ada)
    expect(session.authenticatedAt).toBe(new Date(test.clock.now()).toISOString())
    expect(session.amr).toEqual(['otp', 'pwd'])
    expect((await ada.post('/admin/keys/rotate')).status).toBe(204)
  })

  it('sets a cookie that lasts as long as the session still does', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    await test.clock.advance(6 * dayMs)
    const answer = await change(ada)
    const [line] = answer.setCookies.filter((text) => text.startsWith(`${cookie}=`))
    expect(line).toContain(`; Max-Age=${24 * 24 * 3_600}; Path=/; HttpOnly; SameSite=Lax; Secure`)
  })

  it('changes nothing and sets no cookie when it is refused', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const before = ada.cookies.get(cookie)
    const wrong = await change(ada, {}, ['a wrong horse', next])
    const unchanged = await change(ada, {}, [testPassword, testPassword])
    expect([wrong.setCookies, unchanged.setCookies]).toEqual([[], []])
    expect(ada.cookies.get(cookie)).toBe(before)
    expect((await ada.get('/session')).status).toBe(200)
  })

  it('is lost to a sign-out that came between: a session that is over changes no password', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const second = copyOf(test, ada)
    const [changed, left] = await Promise.all([change(ada), second.delete('/session')])
    expect(left.status).toBe(204)
    expect(changed.body).toMatchObject({ code: 'conflict' })
    const again = await test.browser().post('/sign-in/password', { email, password: testPassword })
    expect(again.status).toBe(200)
  })

  it('gives one new cookie to one of two parallel tabs; the other is told', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const tabs = [copyOf(test, ada), copyOf(test, ada)]
    const answers = await Promise.all(tabs.map((tab, index) => change(tab, {}, [testPassword, `${next} ${index}`])))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409])
    const statuses = await Promise.all(tabs.map(async (tab) => (await tab.get('/session')).status))
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401])
    expect(statuses.indexOf(200)).toBe(answers.findIndex(({ status }) => status === 204))
  })
})

describe('a password change with tokens', () => {
  it('replaces the family: the answer has the new pair, the old refresh token is unknown and ends nothing', async () => {
    const test = createTestAuth()
    const { client, tokens, answer } = await signUpWithTokens(test, email)
    await test.clock.advance(minuteMs)
    const changed = await change(client, bearer(tokens.accessToken))
    expect(changed.status).toBe(200)
    expect(Object.keys(changed.body)).toEqual(['tokens', 'session', 'device'])
    expect(changed.setCookies).toEqual([])
    const renewed = tokensIn(changed)
    const { session } = answer.body as unknown as SessionBody
    expect(changed.body['session']).toMatchObject({ id: session.id, expiresAt: session.expiresAt })
    const replayed = await client.post('/session/refresh', { refreshToken: tokens.refreshToken })
    expect(replayed.status).toBe(401)
    const refreshed = await client.post('/session/refresh', { refreshToken: renewed.refreshToken })
    expect(refreshed.status).toBe(200)
    for (const pair of [renewed, tokensIn(refreshed)]) {
      expect((await client.get('/session', bearer(pair.accessToken))).status).toBe(200)
    }
    const replays = await test.storage.listEvents({ limit: 10, kind: 'refresh.replay_detected' })
    expect(replays.items).toEqual([])
  })

  it('gives a device that the next sign-in may present', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    const { device } = (await change(client, bearer(tokens.accessToken))).body
    const native = { email, password: next, mode: 'token' }
    expect((await client.post('/sign-in/password', { ...native, device })).body['status']).toBe('signed_in')
    expect((await client.post('/sign-in/password', native)).body['status']).toBe('needs_factor')
  })

  it('is told when a refresh of the same family came between, and goes through with the new pair', async () => {
    const test = createTestAuth()
    const { client, tokens } = await signUpWithTokens(test, email)
    const [changed, refreshed] = await Promise.all([
      change(client, bearer(tokens.accessToken)),
      client.post('/session/refresh', { refreshToken: tokens.refreshToken }),
    ])
    // The turn is a matter of microseconds, the change of two hashes: the refresh wins and the change is asked to read again.
    expect([refreshed.status, changed.status]).toEqual([200, 409])
    const pair = tokensIn(refreshed)
    expect((await change(client, bearer(pair.accessToken))).status).toBe(200)
    expect((await client.post('/session/refresh', { refreshToken: pair.refreshToken })).status).toBe(401)
  })
})
