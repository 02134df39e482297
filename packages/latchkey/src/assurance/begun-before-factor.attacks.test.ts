import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { passkey } from '../methods/passkey/index.ts'
import { password } from '../methods/password/index.ts'
import { recoveryCode } from '../methods/recovery-code/index.ts'
import { totp } from '../methods/totp/index.ts'
import { createSoftwareAuthenticator } from '../testing/software-authenticator.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { registerPasskey } from '../testing/test-passkey.ts'
import { signInAgain } from '../testing/test-session.ts'
import { enrolTestTotp, totpCodeFor } from '../testing/test-totp.ts'

const ada = 'ada@example.com'
const origin = 'https://app.example.com'

/** Ada, and somebody who got a session of hers while she had no second factor; the session is fresh. */
async function createSetting(): Promise<{
  readonly test: TestAuth
  readonly owner: TestBrowser
  readonly thief: TestBrowser
}> {
  const test = createTestAuth({ methods: [password(), emailCode(), totp(), recoveryCode(), passkey()] })
  const owner = await test.signUp(ada)
  const thief = await signInAgain(test, ada)
  return { test, owner, thief }
}

const codeOf = ({ status, body }: TestAnswer): string => `${status} ${String(body['code'])}`

describe('a session that proved none of the second factors which its owner enrolled meanwhile', () => {
  it('does not finish the passkey that it began', async () => {
    const { test, owner, thief } = await createSetting()
    const started = await thief.post('/passkeys/register/start')
    const response = createSoftwareAuthenticator({ origin }).create(started.body['options'])
    await enrolTestTotp(test, owner)
    const finished = await thief.post('/passkeys/register/finish', { ticket: started.body['ticket'], response })
    expect(codeOf(finished)).toBe('403 aal_required')
    expect((await owner.get('/passkeys')).body['passkeys']).toEqual([])
  })

  it('does not finish the authenticator app that it began', async () => {
    const { test, owner, thief } = await createSetting()
    const { factorId, secret } = (await thief.post('/totp/enrol')).body as { factorId: string; secret: string }
    expect((await registerPasskey(owner, createSoftwareAuthenticator({ origin }))).status).toBe(200)
    const confirmed = await thief.post('/totp/confirm', { factorId, code: totpCodeFor(secret, test.clock) })
    expect(codeOf(confirmed)).toBe('403 aal_required')
    expect((await owner.get('/account/factors')).body['totp']).toBeNull()
  })

  it('does not finish the change of address that it began', async () => {
    const { test, owner, thief } = await createSetting()
    const { body } = await thief.post('/email/change', { email: 'eve@example.com' })
    await enrolTestTotp(test, owner)
    const code = await test.codeFor('eve@example.com')
    const confirmed = await thief.post('/email/change/confirm', { attempt: body['attempt'], code })
    expect(codeOf(confirmed)).toBe('403 aal_required')
    expect((await owner.get('/session')).body).toMatchObject({ user: { email: ada } })
  })

  it('does not change the password, though it is known', async () => {
    const { test, owner, thief } = await createSetting()
    await enrolTestTotp(test, owner)
    const next = 'a quite different horse'
    const changed = await thief.post('/password/change', { currentPassword: testPassword, password: next })
    expect(codeOf(changed)).toBe('403 aal_required')
    expect((await owner.get('/session')).status).toBe(200)
  })
})
