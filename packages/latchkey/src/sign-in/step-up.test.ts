import { describe, expect, it } from 'vitest'
import { brand } from '../platform/brand.ts'
import { minuteMs } from '../platform/clock.ts'
import type { CredentialId } from '../credential/credential.ts'
import { parseEmailAddress } from '../user/email-address.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'

const email = 'ada@example.com'
const cookie = '__Host-latchkey'

/** A second factor that the person enrolled elsewhere, after this session began. */
async function enrolTotp(test: TestAuth): Promise<void> {
  const address = parseEmailAddress(email)
  const user = address && (await test.storage.findUserByEmail(address))
  if (user === undefined) throw new TypeError('the person signed up')
  const at = test.clock.now()
  const rest = { secret: 'x', data: '{}', confirmedAt: at, createdAt: at, updatedAt: at, lastUsedAt: null, counter: 0 }
  const id = brand<CredentialId>('0198c2f0-0000-7000-8000-000000000001')
  await test.storage.commit(
    [{ kind: 'addCredential', credential: { id, userId: user.id, method: 'totp', identifier: user.id, ...rest } }],
    at,
  )
}

describe('stepping up', () => {
  it('makes a session fresh by the password, keeps it, and replaces its secret', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    const before = (await ada.get('/session')).body['session'] as Readonly<Record<string, string>>
    const old = ada.cookies.get(cookie) ?? ''
    await test.clock.advance(20 * minuteMs)
    const asked = await ada.post('/session/step-up')
    expect(asked.body).toMatchObject({ status: 'needs_factor', factors: ['password'] })
    expect(asked.body).not.toHaveProperty('sentTo')
    const { attempt } = asked.body
    const raised = await ada.post('/sign-in/factor/password', { attempt, password: testPassword })
    expect(raised.body).toMatchObject({ status: 'signed_in', session: { id: before['id'], aal: 1 } })
    const after = (await ada.get('/session')).body['session'] as Readonly<Record<string, string>>
    expect(Date.parse(after['authenticatedAt'] ?? '') - Date.parse(before['authenticatedAt'] ?? '')).toBe(20 * minuteMs)
    expect(after['expiresAt']).toBe(before['expiresAt'])
    const copied = test.browser()
    copied.cookies.set(cookie, old)
    expect((await copied.get('/session')).status).toBe(401)
    expect(await test.events()).toEqual(expect.arrayContaining(['session.step_up_started', 'session.stepped_up']))
  })

  it('goes by the mailed code where there is nothing else, in token mode too, and the old refresh token is dead', async () => {
    const test = createTestAuth()
    const native = test.browser()
    const started = await native.post('/sign-up', { email, mode: 'token' })
    const { tokens } = (await test.proveCode(native, started, await test.codeFor(email))).body as {
      tokens: { accessToken: string; refreshToken: string }
    }
    const authorization = `Bearer ${tokens.accessToken}`
    const asked = await native.post('/session/step-up', undefined, { authorization })
    expect(asked.body).toMatchObject({ factors: ['email_code'], sentTo: 'a…@example.com' })
    expect(asked.setCookies).toEqual([])
    const { attempt } = asked.body
    const resent = await native.post('/sign-in/factor/email-code/resend', { attempt })
    expect(resent.status).toBe(200)
    const code = await test.codeFor(email)
    const raised = await native.post('/sign-in/factor/email-code', { attempt, code }, { authorization })
    expect(raised.body).toMatchObject({ status: 'signed_in', tokens: { tokenType: 'Bearer' } })
    const { refreshToken } = tokens
    expect((await native.post('/session/refresh', { refreshToken })).status).toBe(401)
    const next = raised.body['tokens'] as { readonly refreshToken: string }
    expect((await native.post('/session/refresh', { refreshToken: next.refreshToken })).status).toBe(200)
  })

  it('asks for what is enrolled, and tells on the account page what that is', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    expect((await ada.get('/account/factors')).body).toEqual({
      password: true,
      totp: null,
      passkeys: 0,
      identities: 0,
      recoveryCodes: 0,
      secondFactors: [],
    })
    await enrolTotp(test)
    expect((await ada.get('/account/factors')).body).toMatchObject({
      totp: { enrolledAt: expect.stringMatching(/Z$/) as string },
      secondFactors: ['totp'],
    })
    expect((await ada.post('/session/step-up')).body).toMatchObject({ factors: ['totp'] })
  })
})
