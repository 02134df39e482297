import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { passkey } from '../methods/passkey/index.ts'
import { password } from '../methods/password/index.ts'
import { recoveryCode } from '../methods/recovery-code/index.ts'
import { totp } from '../methods/totp/index.ts'
import { createTestAuth, testPassword } from '../testing/test-auth.ts'
import { enrolTestTotp } from '../testing/test-totp.ts'

const ada = 'ada@example.com'

describe('an attempt that anybody can begin for an address', () => {
  it("uses up nothing that stands before the owner's second factor or password", async () => {
    const test = createTestAuth({ methods: [password(), emailCode(), totp(), recoveryCode()] })
    const app = await enrolTestTotp(test, await test.signUp(ada))
    for (let i = 0; i < 8; i++) {
      const outsider = test.browser()
      const { attempt } = (await outsider.post('/sign-in/email-code', { email: ada })).body
      for (let guess = 0; guess < 5; guess++) {
        await outsider.post('/sign-in/factor/totp', { attempt, code: '000000' })
        await outsider.post('/sign-in/factor/recovery-code', { attempt, code: 'wrong' })
        await outsider.post('/sign-in/factor/password', { attempt, password: 'a wrong horse' })
      }
    }
    const elsewhere = test.browser()
    const first = await elsewhere.post('/sign-in/password', { email: ada, password: testPassword })
    expect([first.status, first.body['factors']]).toEqual([200, ['totp', 'recovery_code']])
    const { attempt } = first.body
    const second = await elsewhere.post('/sign-in/factor/totp', { attempt, code: await app.nextCode() })
    expect([second.status, second.body['status']]).toEqual([200, 'signed_in'])
  })

  it('keeps its tries for the factor that it asked for', async () => {
    const test = createTestAuth({ methods: [password(), emailCode(), totp(), passkey()] })
    await test.signUp(ada)
    const browser = test.browser()
    const started = await browser.post('/sign-in/email-code', { email: ada })
    const { attempt } = started.body
    for (let i = 0; i < 5; i++) {
      const refused = await browser.post('/sign-in/factor/totp', { attempt, code: '000000' })
      expect([refused.status, refused.body['code']]).toEqual([401, 'attempt_over'])
    }
    expect((await test.proveCode(browser, started, await test.codeFor(ada))).body['status']).toBe('signed_in')
  })

  it('fills the log with no more refusals than the ceiling of the network', async () => {
    const refusalPerNetwork = { limit: 5, windowMs: 60_000 }
    const test = createTestAuth({
      methods: [password(), emailCode(), totp(), passkey()],
      limits: { refusalPerNetwork },
    })
    const browser = test.browser()
    const { attempt } = (await browser.post('/sign-in/email-code', { email: ada })).body
    for (let i = 0; i < 10; i++) {
      await browser.post('/sign-in/factor/totp', { attempt, code: '000000' })
      await browser.post('/sign-in/factor/passkey/start', { attempt })
    }
    const refused = (await test.events()).filter((event) => event === 'login.failure factor_not_accepted')
    expect(refused).toHaveLength(5)
  })
})
