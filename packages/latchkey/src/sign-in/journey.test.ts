import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'

const email = 'ada@example.com'

describe('the main journey', () => {
  it('goes from registration to sign-out', async () => {
    const test = createTestAuth()
    const first = test.browser()

    const started = await first.post('/sign-up', { email: 'Ada@Example.com', password: testPassword, name: 'Ada' })
    expect(started.status).toBe(200)
    expect(started.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'], sentTo: 'a…@example.com' })
    expect(await test.auth.users.findByEmail(email)).toBeUndefined()

    const finished = await first.post('/sign-in/factor/email-code', {
      attempt: started.body['attempt'],
      code: await test.codeFor(email),
    })
    expect(finished.status).toBe(200)
    expect(finished.body).toMatchObject({
      status: 'signed_in',
      user: { email, emailVerified: true, name: 'Ada' },
      session: { aal: 1 },
    })
    expect((await first.get('/session')).body).toMatchObject({ user: { email } })

    const second = test.browser()
    const pending = await second.post('/sign-in/password', { email, password: testPassword })
    expect(pending.body).toMatchObject({ status: 'needs_factor', factors: ['email_code'] })
    expect((await second.get('/session')).status).toBe(401)
    const signedIn = await second.post('/sign-in/factor/email-code', {
      attempt: pending.body['attempt'],
      code: await test.codeFor(email),
    })
    expect(signedIn.body).toMatchObject({ status: 'signed_in', session: { amr: ['pwd', 'otp'], aal: 1 } })

    const listed = await second.get('/sessions')
    const sessions = listed.body['sessions'] as { id: string; current: boolean }[]
    expect(sessions).toHaveLength(2)
    const other = sessions.find((session) => !session.current)
    expect((await second.delete(`/sessions/${other?.id}`)).status).toBe(204)
    expect((await first.get('/session')).status).toBe(401)
    expect((await second.get('/session')).status).toBe(200)

    const native = test.browser()
    const asked = await native.post('/sign-in/password', { email, password: testPassword, mode: 'token' })
    const withTokens = await native.post('/sign-in/factor/email-code', {
      attempt: asked.body['attempt'],
      code: await test.codeFor(email),
    })
    const tokens = withTokens.body['tokens'] as { accessToken: string; refreshToken: string }
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
    expect((await native.get('/session', bearer(tokens.accessToken))).status).toBe(200)
    const refreshed = await native.post('/session/refresh', { refreshToken: tokens.refreshToken })
    expect(refreshed.status).toBe(200)
    const next = refreshed.body['tokens'] as { accessToken: string; refreshToken: string }
    await test.clock.advance(11_000)
    expect((await native.post('/session/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    expect((await native.post('/session/refresh', { refreshToken: next.refreshToken })).status).toBe(401)
    expect((await native.get('/session', bearer(next.accessToken))).status).toBe(401)

    expect((await second.post('/password/reset-request', { email })).body).toMatchObject({ status: 'sent' })
    const link = await test.linkFor(email)
    const token = link.slice(link.indexOf('#token=') + 7)
    const changed = 'an entirely different phrase'
    expect((await test.browser().post('/password/reset', { token, password: changed })).status).toBe(204)
    expect((await second.get('/session')).status).toBe(401)

    const third = test.browser()
    expect((await third.post('/sign-in/password', { email, password: testPassword })).status).toBe(401)
    const again = await third.post('/sign-in/password', { email, password: changed })
    await third.post('/sign-in/factor/email-code', { attempt: again.body['attempt'], code: await test.codeFor(email) })
    expect((await third.get('/session')).status).toBe(200)
    expect((await third.delete('/session')).status).toBe(204)
    expect((await third.get('/session')).status).toBe(401)

    const report = await test.auth.verifyAudit()
    expect(report.ok).toBe(true)
  })
})
