import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import { signInAgain } from '../testing/test-session.ts'

const email = 'ada@example.com'
const cookie = '__Host-latchkey'

describe('session fixation', () => {
  it('has nothing to hold: an id that came before the sign-in is never adopted', async () => {
    const test = createTestAuth()
    const mallory = await test.signUp('mallory@example.com')
    const planted = mallory.cookies.get(cookie) ?? ''
    await test.signUp(email)
    const victim = test.browser()
    victim.cookies.set(cookie, planted)
    await signInAgain(test, email, victim)
    expect(victim.cookies.get(cookie)).not.toBe(planted)
    expect((await victim.get('/session')).body).toMatchObject({ user: { email } })
    // The session that was planted ended when the victim's took its place.
    expect((await mallory.get('/session')).status).toBe(401)
    for (const made of ['01890000-0000-7000-8000-000000000000.', planted.slice(0, 36), 'chosen-by-mallory']) {
      const next = test.browser()
      next.cookies.set(cookie, made)
      await signInAgain(test, email, next)
      expect(next.cookies.get(cookie)?.slice(0, 36)).not.toBe(made.slice(0, 36))
    }
  })

  it('finds another id and another secret at every sign-in', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const tokens = [ada.cookies.get(cookie) ?? '']
    for (let count = 0; count < 5; count++) {
      await ada.post('/sign-in/password', { email, password: testPassword })
      tokens.push(ada.cookies.get(cookie) ?? '')
    }
    expect(new Set(tokens.map((token) => token.slice(0, 36))).size).toBe(6)
    expect(new Set(tokens.map((token) => token.slice(37))).size).toBe(6)
  })

  it('finds the cookie with every protection that a browser knows, and no session in a URL', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const answer = await ada.post('/sign-in/password', { email, password: testPassword })
    const [line] = answer.setCookies.filter((text) => text.startsWith(`${cookie}=`))
    expect(line).toMatch(
      /^__Host-latchkey=[\w-]{36}\.[\w-]{49}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    const token = ada.cookies.get(cookie) ?? ''
    const stranger = test.browser()
    for (const query of [
      `?${cookie}=${token}`,
      `?session=${token}`,
      `?access_token=${token}`,
      `;jsessionid=${token}`,
    ]) {
      expect([401, 404]).toContain((await stranger.get(`/session${query}`)).status)
    }
    expect(answer.text).not.toContain(token.slice(37))
  })
})
