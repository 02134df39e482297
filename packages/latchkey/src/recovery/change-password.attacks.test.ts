import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'

const email = 'ada@example.com'
const next = 'an entirely different phrase'

const change = (browser: TestBrowser, currentPassword = testPassword, password = next): Promise<TestAnswer> =>
  browser.post('/password/change', { currentPassword, password })

async function eventsOf(test: TestAuth, play: () => Promise<unknown>): Promise<readonly string[]> {
  const before = (await test.events()).length
  await play()
  return (await test.events()).slice(before)
}

describe('a change of the password', () => {
  it('needs a session and the current password', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(email)
    expect((await change(test.browser())).status).toBe(401)
    expect((await owner.post('/password/change', { password: next })).body).toMatchObject({
      fields: { currentPassword: 'required' },
    })
    expect((await change(owner, 'a wrong horse')).body).toMatchObject({ code: 'invalid_credentials' })
    expect((await change(owner)).status).toBe(204)
    expect((await test.signIn(test.browser(), email)).status).toBe(401)
    expect((await test.signIn(owner, email, next)).body).toMatchObject({ status: 'signed_in' })
  })

  it('ends every other session and device, keeps its own, and tells the owner', async () => {
    const test = createTestAuth()
    const [owner, other] = [await test.signUp(email), test.browser()]
    await test.signIn(other, email)
    const device = owner.cookies.get('__Host-latchkey-device')
    test.mailbox.clear()
    await change(owner)
    expect([(await owner.get('/session')).status, (await other.get('/session')).status]).toEqual([200, 401])
    expect(owner.cookies.get('__Host-latchkey-device')).not.toBe(device)
    expect((await other.post('/sign-in/password', { email, password: next })).body).toMatchObject({
      status: 'needs_factor',
    })
    expect((await owner.post('/sign-in/password', { email, password: next })).body).toMatchObject({
      status: 'signed_in',
    })
    await test.auth.drainOutbox()
    expect(test.mailbox.list().map(({ to, subject }) => [to, subject])).toContainEqual([
      email,
      expect.stringMatching(/password/i),
    ])
  })

  it('has one winner among 50 parallel ones', async () => {
    const test = createTestAuth({ limits: { passwordPerDevice: { limit: 100, windowMs: 900_000 } } })
    const owner = await test.signUp(email)
    const tries = Array.from({ length: 50 }, (_, index) => change(owner, testPassword, `${next} ${index}`))
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
    const winner = `${next} ${statuses.indexOf(204)}`
    expect((await test.signIn(test.browser(), email, winner)).status).toBe(200)
  })

  it('cannot be used to guess: ten tries of a stolen session, then 429 with Retry-After', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(email)
    const thief = test.browser()
    const session = owner.cookies.get('__Host-latchkey') ?? ''
    thief.cookies.set('__Host-latchkey', session)
    const answers: TestAnswer[] = []
    for (let guess = 0; guess < 12; guess++) answers.push(await change(thief, `a wrong horse ${guess}`))
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('900')
    expect((await change(owner)).status).toBe(204)
  })

  it('refuses the same password again and what the policy refuses, and leaves an event for every outcome', async () => {
    const test = createTestAuth()
    const owner = await test.signUp(email)
    const events = await eventsOf(test, async () => {
      expect((await change(owner, testPassword, testPassword)).body).toMatchObject({
        fields: { password: 'unchanged' },
      })
      expect((await change(owner, testPassword, 'password1')).body).toMatchObject({ fields: { password: 'common' } })
      await change(owner, 'a wrong horse')
      await change(owner)
    })
    expect(events).toEqual([
      'password.change_failed unchanged',
      'password.change_failed common',
      'password.change_failed wrong_password',
      'password.changed',
    ])
  })

  it('is nothing for a person without one: the answer is that of a wrong password', async () => {
    const test = createTestAuth()
    const browser = test.browser()
    const started = await browser.post('/sign-up', { email })
    await test.proveCode(browser, started, await test.codeFor(email))
    const events = await eventsOf(test, async () => {
      expect((await change(browser)).body).toMatchObject({ code: 'invalid_credentials' })
    })
    expect(events).toEqual(['password.change_failed no_password'])
  })
})
