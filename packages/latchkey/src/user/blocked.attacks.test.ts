import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestBrowser } from '../testing/test-browser.ts'

const email = 'ada@example.com'

interface Setting {
  readonly test: TestAuth
  readonly owner: TestBrowser
  readonly native: TestBrowser
  readonly tokens: { readonly accessToken: string; readonly refreshToken: string }
  readonly id: string
}

async function createSetting(): Promise<Setting> {
  const test = createTestAuth()
  const owner = await test.signUp(email)
  const native = test.browser()
  const asked = await native.post('/sign-in/password', { email, password: testPassword, mode: 'token' })
  const { tokens } = (await test.proveCode(native, asked, await test.codeFor(email))).body
  const { id = '' } = (await test.auth.users.findByEmail(email)) ?? {}
  return { test, owner, native, tokens: tokens as Setting['tokens'], id }
}

describe('a blocked person', () => {
  it('has no way in and no session left, by any door', async () => {
    const { test, owner, native, tokens, id } = await createSetting()
    expect(await test.auth.users.block(id, 'left the company')).toEqual({ ok: true })
    const bearer = { authorization: `Bearer ${tokens.accessToken}` }
    const statuses = {
      cookie: (await owner.get('/session')).status,
      bearer: (await native.get('/session', bearer)).status,
      refresh: (await native.post('/session/refresh', { refreshToken: tokens.refreshToken })).status,
      change: (await owner.post('/password/change', { currentPassword: testPassword, password: 'another phrase' }))
        .status,
      profile: (await owner.patch('/account', { name: 'Eve' })).status,
      'known device': (await owner.post('/sign-in/password', { email, password: testPassword })).status,
      password: (await test.browser().post('/sign-in/password', { email, password: testPassword })).status,
    }
    expect(statuses).toEqual(Object.fromEntries(Object.keys(statuses).map((door) => [door, 401])))

    test.mailbox.clear()
    const browser = test.browser()
    await browser.post('/password/reset-request', { email })
    await browser.post('/sign-up', { email, password: testPassword })
    const started = await browser.post('/sign-in/email-code', { email })
    expect(started.status).toBe(200)
    await browser.post('/sign-in/factor/email-code/resend', { attempt: started.body['attempt'] })
    await test.auth.drainOutbox()
    expect(test.mailbox.list()).toHaveLength(4)
    for (const mail of test.mailbox.list())
      expect([mail.code, mail.link?.includes('#token=') ?? false]).toEqual([undefined, false])
    expect((await test.proveCode(browser, started, '000000')).status).toBe(401)
  })

  it('finds nothing revived when the block ends: sessions, tokens and attempts stay dead', async () => {
    const { test, owner, native, tokens, id } = await createSetting()
    const pending = test.browser()
    const started = await pending.post('/sign-in/password', { email, password: testPassword })
    const code = await test.codeFor(email)
    await test.auth.users.block(id)
    await test.auth.users.unblock(id)
    expect((await owner.get('/session')).status).toBe(401)
    expect((await native.post('/session/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    expect((await native.get('/session', { authorization: `Bearer ${tokens.accessToken}` })).status).toBe(401)
    expect((await test.proveCode(pending, started, code)).status).toBe(401)
    expect((await owner.post('/sign-in/password', { email, password: testPassword })).body).toMatchObject({
      status: 'needs_factor',
    })
    expect((await test.signIn(test.browser(), email)).status).toBe(200)
  })

  it('is blocked once, by one of 50, and the log has it once', async () => {
    const { test, id } = await createSetting()
    const results = await Promise.all(Array.from({ length: 50 }, () => test.auth.users.block(id)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    expect((await test.events()).filter((event) => event === 'user.blocked')).toHaveLength(1)
  })
})

describe('a removed person', () => {
  it('is unknown to every door, and the address is free', async () => {
    const { test, owner, native, tokens, id } = await createSetting()
    await test.auth.users.delete(id)
    expect((await owner.get('/session')).status).toBe(401)
    expect((await native.post('/session/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    expect((await test.signIn(owner, email)).body).toMatchObject({ code: 'invalid_credentials' })
    await test.signUp(email, 'a new phrase of a new person')
    expect((await test.auth.users.findByEmail(email))?.id).not.toBe(id)
    const again = await owner.post('/sign-in/password', { email, password: 'a new phrase of a new person' })
    expect(again.body).toMatchObject({ status: 'needs_factor' })
  })
})
