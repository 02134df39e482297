import { describe, expect, it } from 'vitest'
import { dayMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer } from '../testing/test-browser.ts'

const local = { development: true, publicUrl: 'http://localhost:4000' }
const email = 'root@example.com'

async function tokenOf(test: TestAuth): Promise<string> {
  const link = await test.auth.issueAdminLink()
  return link.slice(link.indexOf('#token=') + 7)
}

const claim = (test: TestAuth, token: string, fields = {}): Promise<TestAnswer> =>
  test
    .browser({ remoteAddress: '127.0.0.1' })
    .post('/admin-link/claim', { token, email, password: testPassword, ...fields })

describe('the link of the first administrator', () => {
  it('lets one registration begin, whose address still has to be proved', async () => {
    const test = createTestAuth(local)
    const token = await tokenOf(test)
    const root = test.browser({ remoteAddress: '127.0.0.1' })
    const started = await root.post('/admin-link/claim', { token, email, password: testPassword })
    expect(started.body).toMatchObject({ status: 'needs_factor' })
    expect(await test.auth.users.findByEmail(email)).toBeUndefined()
    const finished = await test.proveCode(root, started, await test.codeFor(email))
    expect(finished.body).toMatchObject({ user: { roles: ['admin'] } })
    expect((await root.get('/admin/users')).status).toBe(200)
    expect((await claim(test, token)).body).toMatchObject({ code: 'attempt_over' })
  })

  it('has one winner among parallel claims', async () => {
    const test = createTestAuth(local)
    const token = await tokenOf(test)
    const claims = Array.from({ length: 5 }, (_, index) => claim(test, token, { email: `root-${index}@example.com` }))
    const statuses = (await Promise.all(claims)).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401, 401])
  })

  it('stays good when the password is refused, and ends after a day', async () => {
    const test = createTestAuth(local)
    const at = test.clock.now()
    const token = await tokenOf(test)
    expect((await claim(test, token, { password: 'password1' })).body).toMatchObject({ code: 'password_rejected' })
    test.clock.set(at + dayMs)
    expect((await claim(test, token)).body).toMatchObject({ code: 'attempt_over' })
    test.clock.set(at + dayMs - 1)
    expect((await claim(test, token)).status).toBe(200)
  })

  it('leaves an event for every refusal', async () => {
    const test = createTestAuth(local)
    const token = await tokenOf(test)
    await claim(test, token)
    await claim(test, token)
    await claim(test, 'made.up.token')
    expect(await test.events()).toEqual([
      'admin.link_issued',
      'sign_up.started',
      'sign_up.refused invitation_over',
      'sign_up.refused invitation_over',
    ])
  })

  it('does not exist in production: neither the route nor the link', async () => {
    const test = createTestAuth()
    expect((await claim(test, 'made.up.token')).status).toBe(404)
    await expect(async () => test.auth.issueAdminLink()).rejects.toMatchObject({ code: 'config_invalid' })
  })
})
