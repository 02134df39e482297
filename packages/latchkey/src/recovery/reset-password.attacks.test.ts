import { describe, expect, it } from 'vitest'
import { hourMs, minuteMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer } from '../testing/test-browser.ts'

const email = 'ada@example.com'
const next = 'an entirely different phrase'

async function requestToken(test: TestAuth, of = email): Promise<string> {
  await test.browser().post('/password/reset-request', { email: of })
  const link = await test.linkFor(of)
  return link.slice(link.indexOf('#token=') + 7)
}

const reset = (test: TestAuth, token: string, password = next): Promise<TestAnswer> =>
  test.browser().post('/password/reset', { token, password })

async function block(test: TestAuth): Promise<void> {
  await test.auth.users.block((await test.auth.users.findByEmail(email))?.id ?? '')
}

describe('a reset', () => {
  it('ends every session, device and pending attempt, signs nobody in and mails the owner', async () => {
    const test = createTestAuth({ limits: { mailPerAddress: { limit: 100, windowMs: hourMs } } })
    const owner = await test.signUp(email)
    const native = test.browser()
    const asked = await native.post('/sign-in/password', { email, password: testPassword, mode: 'token' })
    const { tokens } = (await test.proveCode(native, asked, await test.codeFor(email))).body
    const { refreshToken } = tokens as { readonly refreshToken: string }
    const thief = test.browser()
    const pending = await thief.post('/sign-in/password', { email, password: testPassword })
    const code = await test.codeFor(email)

    const token = await requestToken(test)
    test.mailbox.clear()
    const browser = test.browser()
    const answer = await browser.post('/password/reset', { token, password: next })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect((await browser.get('/session')).status).toBe(401)
    expect((await owner.get('/session')).status).toBe(401)
    expect((await native.post('/session/refresh', { refreshToken })).status).toBe(401)
    expect((await test.proveCode(thief, pending, code)).body).toMatchObject({ code: 'attempt_over' })
    expect((await owner.post('/sign-in/password', { email, password: next })).body).toMatchObject({
      status: 'needs_factor',
    })
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ subject }) => subject)).toContainEqual(expect.stringMatching(/password/i))
  })

  it('does not walk around the second factor', async () => {
    const test = createTestAuth({ secondFactor: { policy: 'always' } })
    await test.signUp(email)
    await reset(test, await requestToken(test))
    const answer = await test.browser().post('/sign-in/password', { email, password: next })
    expect(answer.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'] })
  })

  it('has one winner among 50 parallel ones with one token, and the password is the winner\u2019s', async () => {
    const test = createTestAuth({ secondFactor: { newDeviceCode: false } })
    await test.signUp(email)
    const token = await requestToken(test)
    const tries = Array.from({ length: 50 }, (_, index) => reset(test, token, `${next} ${index}`))
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
    expect(statuses.filter((status) => status === 401)).toHaveLength(49)
    const winner = `${next} ${statuses.indexOf(204)}`
    expect((await test.signIn(test.browser(), email, winner)).status).toBe(200)
  })

  it('is refused a second time, after its half hour to the millisecond, and once a newer link was asked for', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const used = await requestToken(test)
    expect((await reset(test, used)).status).toBe(204)
    expect((await reset(test, used)).body).toMatchObject({ code: 'attempt_over' })
    const at = test.clock.now()
    const older = await requestToken(test)
    const newer = await requestToken(test)
    expect((await reset(test, older)).body).toMatchObject({ code: 'attempt_over' })
    test.clock.set(at + 30 * minuteMs)
    expect((await reset(test, newer)).body).toMatchObject({ code: 'attempt_over' })
    test.clock.set(at + 30 * minuteMs - 1)
    expect((await reset(test, newer)).status).toBe(204)
  })

  it('dies with a block, a change of the password, a revocation of everything, and with the user', async () => {
    const interruptions: readonly ((test: TestAuth, id: string) => Promise<unknown>)[] = [
      (test, id) => test.auth.users.block(id),
      (test, id) => test.auth.users.block(id).then(() => test.auth.users.unblock(id)),
      (test, id) => test.auth.sessions.revokeAll(id),
      (test, id) => test.auth.users.delete(id),
    ]
    for (const interrupt of interruptions) {
      const test = createTestAuth()
      await test.signUp(email)
      const token = await requestToken(test)
      await interrupt(test, (await test.auth.users.findByEmail(email))?.id ?? '')
      expect((await reset(test, token)).body).toMatchObject({ code: 'attempt_over' })
    }
    const test = createTestAuth()
    const owner = await test.signUp(email)
    const token = await requestToken(test)
    await owner.post('/password/change', { currentPassword: testPassword, password: 'a third phrase of mine' })
    expect((await reset(test, token)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('keeps the token for another try when the password is refused, and drops nothing', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(email)
    const token = await requestToken(test)
    for (const bad of ['short', 'password1', 'ada@example.com'])
      expect((await reset(test, token, bad)).body).toMatchObject({ status: 422, code: 'password_rejected' })
    expect((await owner.get('/session')).status).toBe(200)
    expect((await reset(test, token)).status).toBe(204)
  })

  it('stays open to the owner though strangers used up the codes and passwords of the account', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    for (let attempt = 0; attempt < 6; attempt++) {
      const stranger = test.browser()
      const started = await stranger.post('/sign-in/email-code', { email })
      const right = await test.codeFor(email)
      for (let guess = 0; guess < 5; guess++)
        await test.proveCode(stranger, started, right === '000000' ? '000001' : '000000')
    }
    for (let guess = 0; guess < 10; guess++) await test.signIn(test.browser(), email, 'a wrong horse')
    expect((await reset(test, await requestToken(test))).status).toBe(204)
  })

  it('never locks the account: asking for links ends no session and refuses no sign-in', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(email)
    const asks: TestAnswer[] = []
    for (let ask = 0; ask < 6; ask++) asks.push(await test.browser().post('/password/reset-request', { email }))
    expect(asks.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429, 429])
    expect((await owner.get('/session')).status).toBe(200)
    expect((await test.signIn(test.browser(), email)).status).toBe(200)
  })

  it('answers a limit for unknown and blocked addresses as for known ones', async () => {
    const texts: string[] = []
    for (const prepare of [
      (test: TestAuth) => test.signUp(email),
      () => Promise.resolve(),
      (test: TestAuth) => test.signUp(email).then(() => block(test)),
    ]) {
      const test = createTestAuth()
      await prepare(test)
      for (let ask = 0; ask < 3; ask++) await test.browser().post('/password/reset-request', { email })
      const refused = await test.browser().post('/password/reset-request', { email })
      texts.push(`${refused.status} ${refused.headers.get('retry-after')} ${refused.text}`)
    }
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toMatch(/^429 3600 /)
  })

  it('mails a link of the configured address alone, whatever the request says about hosts', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const forged = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    await test.browser().post('/password/reset-request', { email }, forged)
    expect(await test.linkFor(email)).toMatch(/^https:\/\/app\.example\.com\/reset\/confirm#token=/)
    expect(JSON.stringify(test.mailbox.list())).not.toContain('evil')
  })
})

describe('the audit log of resets', () => {
  it('has the events of every outcome, no more and no fewer', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const before = (await test.events()).length
    const token = await requestToken(test)
    await reset(test, token, 'password1')
    await reset(test, token)
    await reset(test, token)
    await reset(test, 'made.up.token')
    await requestToken(test, 'nobody@example.com')
    for (let ask = 0; ask < 3; ask++) await requestToken(test)
    expect((await test.events()).slice(before)).toEqual([
      'password.reset_requested',
      'password.reset_failed common',
      'password.reset',
      'password.reset_failed attempt_over',
      'password.reset_failed attempt_over',
      'password.reset_requested',
      'password.reset_requested',
      'password.reset_requested',
      'login.limited over_limit',
    ])
  })
})
