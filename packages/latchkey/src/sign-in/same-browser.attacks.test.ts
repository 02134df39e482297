import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { magicLink } from '../methods/magic-link/index.ts'
import { password } from '../methods/password/index.ts'
import { dayMs } from '../platform/clock.ts'
import { createMemoryStorage } from '../storage/memory/memory-storage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { observeStorage } from '../testing/observed-storage.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const ada = 'ada@example.com'
const bob = 'bob@example.com'
const cookie = '__Host-latchkey'
const methods = [password(), emailCode(), magicLink()]

const sessionOf = (browser: TestBrowser): string => browser.cookies.get(cookie) ?? ''

/** Whether the cookie still opens something, from anywhere. */
async function isAlive(test: TestAuth, token: string): Promise<boolean> {
  const copy = test.browser()
  copy.cookies.set(cookie, token)
  return (await copy.get('/session')).status === 200
}

type SignIn = (test: TestAuth, browser: TestBrowser) => Promise<TestAnswer>

const waysIn: Readonly<Record<string, SignIn>> = {
  password: (_, browser) => browser.post('/sign-in/password', { email: ada, password: testPassword }),
  'mailed code': async (test, browser) =>
    test.proveCode(browser, await browser.post('/sign-in/email-code', { email: ada }), await test.codeFor(ada)),
  'mailed link': async (test, browser) => {
    await browser.post('/sign-in/magic-link', { email: ada })
    const link = await test.linkFor(ada)
    return browser.post('/sign-in/magic-link/finish', { token: link.slice(link.indexOf('#token=') + 7) })
  },
}

describe('signing in again in the same browser', () => {
  it('ends the session before it, whatever the way in, and no other one', async () => {
    for (const [name, signIn] of Object.entries(waysIn)) {
      const test = createTestAuth({ methods })
      const browser = await test.signUp(ada)
      const elsewhere = test.browser()
      await test.signIn(elsewhere, ada)
      const before = sessionOf(browser)
      expect([name, (await signIn(test, browser)).body['status']]).toEqual([name, 'signed_in'])
      expect(sessionOf(browser)).not.toBe(before)
      expect(await isAlive(test, before)).toBe(false)
      expect(await isAlive(test, sessionOf(browser))).toBe(true)
      expect((await elsewhere.get('/session')).status).toBe(200)
      const { sessions } = (await browser.get('/sessions')).body as { readonly sessions: readonly unknown[] }
      expect(sessions).toHaveLength(2)
      expect((await test.events()).slice(-3)).toContain('session.revoked replaced')
    }
  })

  it('ends it as well when it was somebody else who was signed in, and when that person registers', async () => {
    const test = createTestAuth()
    const shared = await test.signUp(ada)
    await test.signUp(bob)
    const ofAda = sessionOf(shared)
    await test.signIn(shared, bob)
    expect(await isAlive(test, ofAda)).toBe(false)
    const ofBob = sessionOf(shared)
    const started = await shared.post('/sign-up', { email: 'new@example.com', password: testPassword })
    expect(await isAlive(test, ofBob)).toBe(true)
    await test.proveCode(shared, started, await test.codeFor('new@example.com'))
    expect(await isAlive(test, ofBob)).toBe(false)
    expect((await shared.get('/session')).body).toMatchObject({ user: { email: 'new@example.com' } })
  })

  it('ends nothing before it has succeeded', async () => {
    const test = createTestAuth({ secondFactor: { policy: 'always' } })
    const browser = await test.signUp(ada)
    const before = sessionOf(browser)
    await browser.post('/sign-in/password', { email: ada, password: 'a wrong horse' })
    const pending = await browser.post('/sign-in/password', { email: ada, password: testPassword })
    expect(pending.body).toMatchObject({ status: 'needs_factor' })
    await test.proveCode(browser, pending, 'wrong')
    expect((await browser.get('/session')).status).toBe(200)
    expect(sessionOf(browser)).toBe(before)
  })

  it('leaves the session of the browser alone when a client in it asks for tokens', async () => {
    const test = createTestAuth()
    const browser = await test.signUp(ada)
    const body = { email: ada, password: testPassword, mode: 'token' }
    expect((await browser.post('/sign-in/password', body)).body).toMatchObject({ status: 'signed_in' })
    expect((await browser.get('/session')).status).toBe(200)
  })

  it('ends nobody\u2019s session for who knows its id but not its secret, or sends another token as the cookie', async () => {
    const test = createTestAuth()
    const victim = await test.signUp(bob)
    const thief = await test.signUp(ada)
    const [id = ''] = sessionOf(victim).split('.')
    const [, ownSecret = ''] = sessionOf(thief).split('.')
    const device = victim.cookies.get('__Host-latchkey-device') ?? ''
    for (const forged of [id, `${id}.`, `${id}.${ownSecret}`, device, `${id}.${device.split('.')[1]}`, 'x']) {
      thief.cookies.set(cookie, forged)
      expect((await test.signIn(thief, ada)).body).toMatchObject({ status: 'signed_in' })
    }
    expect((await victim.get('/session')).status).toBe(200)
  })

  it('succeeds though the older session ends in the same moment, or ended long ago', async () => {
    const clock = createFakeClock()
    const observed = observeStorage(createMemoryStorage({ clock }))
    const test = createTestAuth({ clock, storage: observed.storage })
    const browser = await test.signUp(ada)
    const signOut = test.browser()
    signOut.cookies.set(cookie, sessionOf(browser))
    observed.beforeNextCommit(() => signOut.delete('/session'))
    expect((await test.signIn(browser, ada)).body).toMatchObject({ status: 'signed_in' })
    expect((await browser.get('/session')).status).toBe(200)
    await test.clock.advance(31 * dayMs)
    expect((await test.signIn(browser, ada)).body).toMatchObject({ status: 'signed_in' })
    expect(await test.events()).not.toContain('session.revoked replaced')
  })

  it('leaves one session alive for each of 20 parallel ones at most, and the old one dead', async () => {
    const test = createTestAuth({ limits: { passwordPerDevice: { limit: 100, windowMs: dayMs } } })
    const browser = await test.signUp(ada)
    const before = sessionOf(browser)
    const cookies = new Map(browser.cookies)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => {
        const tab = test.browser()
        for (const [name, value] of cookies) tab.cookies.set(name, value)
        return tab.post('/sign-in/password', { email: ada, password: testPassword })
      }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
    expect(await isAlive(test, before)).toBe(false)
    const revoked = (await test.events()).filter((event) => event === 'session.revoked replaced')
    expect(revoked).toHaveLength(1)
  })

  it('does not reach across origins: a cookie that came with a foreign page is not looked at', async () => {
    const test = createTestAuth({ allowedOrigins: ['https://other.example.com'] })
    const browser = await test.signUp(ada)
    const before = sessionOf(browser)
    const headers = { origin: 'https://other.example.com', 'sec-fetch-site': 'cross-site' }
    await browser.post('/sign-in/password', { email: ada, password: testPassword }, headers)
    expect(await isAlive(test, before)).toBe(true)
  })
})
