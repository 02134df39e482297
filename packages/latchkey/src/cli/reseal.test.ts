import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { recoveryCode } from '../methods/recovery-code/index.ts'
import { totp } from '../methods/totp/index.ts'
import { hourMs } from '../platform/clock.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import { createTestCore, testSecret } from '../testing/test-core.ts'
import { enrolTestTotp } from '../testing/test-totp.ts'
import { countHangingOn } from './hanging-on.ts'
import { resealEverything } from './reseal.ts'

const email = 'ada@example.com'
const newSecret = 'a newer secret for tests that is long enough'
const methods = [password(), emailCode(), totp(), recoveryCode()]
const kms = totp({
  encrypter: { encrypt: (text) => Promise.resolve(btoa(text)), decrypt: (text) => Promise.resolve(atob(text)) },
})

const factorAnswer = async (test: TestAuth, path: string, code: string): Promise<unknown> => {
  const browser = test.browser()
  const { attempt } = (await browser.post('/sign-in/password', { email, password: testPassword, mode: 'token' })).body
  const { body } = await browser.post(`/sign-in/factor/${path}`, { attempt, code })
  return body['status'] === 'signed_in' ? 'signed_in' : body['code']
}

describe('a new secret', () => {
  it('takes over the secrets of authenticator apps, so that the old one can go', async () => {
    const old = createTestAuth({ methods })
    const app = await enrolTestTotp(old, await old.signUp(email))
    const other = createTestAuth({
      methods: [password(), emailCode(), kms],
      clock: old.clock,
      storage: old.storage,
      seed: 2,
    })
    await enrolTestTotp(other, await other.signUp('bob@example.com'))
    const core = createTestCore({ clock: old.clock, store: old.storage, secrets: [newSecret, testSecret], seed: 3 })
    expect((await countHangingOn(core)).totpSecrets).toEqual({ newest: 0, old: 1, unknown: 0 })
    const reports = await Promise.all([
      resealEverything(core, () => undefined),
      resealEverything(core, () => undefined),
    ])
    expect(reports.reduce((sum, { totpSecrets }) => sum + totpSecrets, 0)).toBe(1)
    const { totpSecrets, recoveryCodes } = await countHangingOn(core)
    expect([totpSecrets, recoveryCodes]).toEqual([
      { newest: 1, old: 0, unknown: 0 },
      { newest: 0, old: 10, unknown: 0 },
    ])
    const [first = '', second = ''] = app.recoveryCodes
    const beside = createTestAuth({
      methods,
      clock: old.clock,
      storage: old.storage,
      seed: 4,
      secret: [newSecret, testSecret],
    })
    expect(await factorAnswer(beside, 'recovery-code', first)).toBe('signed_in')
    const alone = createTestAuth({ methods, clock: old.clock, storage: old.storage, seed: 5, secret: newSecret })
    expect(await factorAnswer(alone, 'totp', await app.nextCode())).toBe('signed_in')
    expect(await factorAnswer(alone, 'recovery-code', second)).toBe('wrong_code')
  })

  it('lets a reset of factors happen that was asked for under the old one', async () => {
    const old = createTestAuth({ methods })
    await enrolTestTotp(old, await old.signUp(email))
    const { id } = (await old.auth.users.findByEmail(email)) ?? { id: '' }
    await old.auth.users.resetFactors(id, { reason: 'asked by phone', delayHours: 720 })
    const core = createTestCore({ clock: old.clock, store: old.storage, secrets: [newSecret, testSecret], seed: 3 })
    await resealEverything(core, () => undefined)
    await old.clock.advance(720 * hourMs)
    const alone = createTestAuth({ methods, clock: old.clock, storage: old.storage, seed: 5, secret: newSecret })
    expect((await alone.auth.sweep()).factorResets).toBe(1)
    const { items } = await old.storage.listEvents({ limit: 1, kind: 'factors.reset' })
    expect(items[0]?.data).toBe('{"requestedBy":"unknown"}')
    expect((await alone.signIn(alone.browser(), email)).body).toMatchObject({ status: 'signed_in' })
  })

  it('leaves alone what hangs on a secret that is not there any more', async () => {
    const old = createTestAuth({ methods })
    await enrolTestTotp(old, await old.signUp(email))
    const core = createTestCore({ clock: old.clock, store: old.storage, secrets: [newSecret], seed: 3 })
    const report = await resealEverything(core, () => undefined)
    expect([report.totpSecrets, report.unknown >= 2]).toEqual([0, true])
    expect((await countHangingOn(core)).totpSecrets).toEqual({ newest: 0, old: 0, unknown: 1 })
  })
})
