import { describe, expect, it } from 'vitest'
import { dayMs } from '../platform/clock.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import type { TestBrowser } from '../testing/test-browser.ts'
import { createTestCore, type TestCore } from '../testing/test-core.ts'
import { aTestSession, aTestUser } from '../testing/test-session.ts'
import { accountKey } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import { recogniseDevice, rememberDevice } from './known-device.ts'

async function aDevice(core: TestCore, user: User): Promise<string> {
  const device = rememberDevice(core, user.id)
  await core.store.commit([device.write], core.clock.now())
  return device.token
}

async function isKnown(core: TestCore, presented: string | undefined, user: User): Promise<boolean> {
  return (await recogniseDevice(core, { presented, account: accountKey(core, user.email) })) !== null
}

/** Whether a right password from this browser is still followed by a code. */
async function asksForCode(browser: TestBrowser, email: string): Promise<boolean> {
  const answer = await browser.post('/sign-in/password', { email, password: testPassword })
  return answer.body['status'] === 'needs_factor'
}

describe('a known device', () => {
  it('is recognised for its own person until its end to the millisecond', async () => {
    const core = createTestCore()
    const ada = await aTestUser(core)
    const bob = await aTestUser(core)
    const token = await aDevice(core, ada)
    expect(await isKnown(core, token, ada)).toBe(true)
    expect(await isKnown(core, token, bob)).toBe(false)
    core.clock.set(core.clock.now() + 365 * dayMs - 1)
    expect(await isKnown(core, token, ada)).toBe(true)
    core.clock.set(core.clock.now() + 1)
    expect(await isKnown(core, token, ada)).toBe(false)
  })

  it('is nobody with another secret, another id, a session or rubbish in its cookie', async () => {
    const core = createTestCore()
    const ada = await aTestUser(core)
    const token = await aDevice(core, ada)
    const other = await aDevice(core, ada)
    const { session, sessionToken } = await aTestSession(core, ada)
    const wrong = [
      undefined,
      '',
      '.',
      token.slice(0, 36),
      token.slice(0, -1),
      `${token}A`,
      `${token.slice(0, 36)}${other.slice(36)}`,
      `${token.slice(0, 37)}${sessionToken.slice(37)}`,
      `${session.id}${token.slice(36)}`,
      sessionToken,
      `${token.slice(0, 36).toUpperCase()}${token.slice(36)}`,
    ]
    const known = await Promise.all(wrong.map((text) => isKnown(core, text, ada)))
    expect(known).toEqual(wrong.map(() => false))
  })

  it('is kept as a digest: neither token nor secret stands in the store', async () => {
    const core = createTestCore()
    const ada = await aTestUser(core)
    const device = rememberDevice(core, ada.id)
    expect(JSON.stringify(device.write)).not.toContain(device.token.slice(43))
  })

  it('opens no session and spares nothing but the code', async () => {
    const test = createTestAuth()
    const ada = await test.signUp('ada@example.com')
    const device = ada.cookies.get('__Host-latchkey-device') ?? ''
    const browser = test.browser()
    browser.cookies.set('__Host-latchkey-device', device)
    expect((await browser.get('/session')).status).toBe(401)
    browser.cookies.set('__Host-latchkey', device)
    expect((await browser.get('/session')).status).toBe(401)
    browser.cookies.delete('__Host-latchkey')
    const wrong = await browser.post('/sign-in/password', { email: 'ada@example.com', password: 'wrong password' })
    expect(wrong.status).toBe(401)
    expect(await asksForCode(browser, 'ada@example.com')).toBe(false)
    expect(await asksForCode(test.browser(), 'ada@example.com')).toBe(true)
  })

  it('is forgotten when all other sessions are ended, and when the account is blocked', async () => {
    const test = createTestAuth()
    const ada = await test.signUp('ada@example.com')
    expect((await ada.delete('/sessions')).status).toBe(204)
    expect(await asksForCode(ada, 'ada@example.com')).toBe(true)
    const bob = await test.signUp('bob@example.com')
    const user = await test.auth.users.findByEmail('bob@example.com')
    await test.auth.users.block(user?.id ?? '')
    await test.auth.users.unblock(user?.id ?? '')
    expect(await asksForCode(bob, 'bob@example.com')).toBe(true)
  })
})
