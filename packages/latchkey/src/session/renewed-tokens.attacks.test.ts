import { describe, expect, it } from 'vitest'
import { minuteMs } from '../platform/clock.ts'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { totp } from '../methods/totp/index.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { bearer, signUpWithTokens, tokensIn } from '../testing/test-session.ts'
import { enrolTestTotp } from '../testing/test-totp.ts'

const email = 'ada@example.com'
type Headers = Readonly<Record<string, string>>

/** Ada's native client with a session that is no longer fresh, and a thief with a copy of her newest access token. */
async function createSetting(): Promise<{
  readonly test: TestAuth
  readonly client: TestBrowser
  readonly stolen: Headers
}> {
  const test = createTestAuth({ methods: [password(), emailCode(), totp()] })
  const { client, tokens } = await signUpWithTokens(test, email)
  await test.clock.advance(20 * minuteMs)
  const turned = await client.post('/session/refresh', { refreshToken: tokens.refreshToken })
  return { test, client, stolen: bearer(tokensIn(turned).accessToken) }
}

async function stepUp(client: TestBrowser, headers: Headers): Promise<TestAnswer> {
  const { attempt } = (await client.post('/session/step-up', undefined, headers)).body
  return client.post('/sign-in/factor/password', { attempt, password: testPassword }, headers)
}

describe('an access token of before its session was renewed', () => {
  it('is over after a step-up: what was proved raises nobody who has copied it', async () => {
    const { test, client, stolen } = await createSetting()
    const thief = test.browser()
    const change = { email: 'eve@example.com' }
    expect((await thief.post('/email/change', change, stolen)).body['code']).toBe('fresh_required')
    const raised = await stepUp(client, stolen)
    expect((await thief.post('/email/change', change, stolen)).status).toBe(401)
    expect((await thief.get('/session', stolen)).status).toBe(401)
    const own = bearer(tokensIn(raised).accessToken)
    expect((await client.post('/email/change', change, own)).status).toBe(200)
  })

  it('is over after a change of the password', async () => {
    const { test, client, stolen } = await createSetting()
    const next = { currentPassword: testPassword, password: 'a quite different horse' }
    const changed = await client.post('/password/change', next, stolen)
    expect((await test.browser().get('/session', stolen)).status).toBe(401)
    expect((await client.get('/session', bearer(tokensIn(changed).accessToken))).status).toBe(200)
  })

  it('is over after an app was enrolled, which raised the session', async () => {
    const { test, client, stolen } = await createSetting()
    const raised = bearer(tokensIn(await stepUp(client, stolen)).accessToken)
    await test.clock.advance(minuteMs)
    await enrolTestTotp(test, client, raised)
    expect((await test.browser().delete('/totp', raised)).status).toBe(401)
  })

  it('is still good after a refresh, which proves nothing new', async () => {
    const { client, stolen } = await createSetting()
    const { refreshToken } = tokensIn(await stepUp(client, stolen))
    const first = tokensIn(await client.post('/session/refresh', { refreshToken }))
    await client.post('/session/refresh', { refreshToken: first.refreshToken })
    expect((await client.get('/session', bearer(first.accessToken))).status).toBe(200)
  })
})
