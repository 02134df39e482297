import { describe, expect, it } from 'vitest'
import { emailCode } from '../methods/email-code/index.ts'
import { password } from '../methods/password/index.ts'
import { recoveryCode } from '../methods/recovery-code/index.ts'
import { totp } from '../methods/totp/index.ts'
import { dayMs, hourMs } from '../platform/clock.ts'
import { aCredential } from '../storage/contract/fixtures.ts'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../testing/test-browser.ts'
import { enrolTestTotp, type TestAuthenticator } from '../testing/test-totp.ts'
import { parseUserId, type UserId } from '../user/user.ts'

const ada = 'ada@example.com'

interface Console {
  readonly test: TestAuth
  readonly owner: TestBrowser
  readonly app: TestAuthenticator
  readonly admin: TestBrowser
  readonly id: UserId
  readonly path: string
}

async function aConsole(): Promise<Console> {
  const test = createTestAuth({ methods: [password(), emailCode(), totp(), recoveryCode()] })
  const owner = await test.signUp(ada)
  const app = await enrolTestTotp(test, owner)
  const admin = await test.signUp('admin@example.com')
  const idOf = async (email: string): Promise<string> => (await test.auth.users.findByEmail(email))?.id ?? ''
  await test.auth.users.setRoles(await idOf('admin@example.com'), ['admin'])
  const id = parseUserId(await idOf(ada))
  if (id === undefined) throw new TypeError('ada exists')
  return { test, owner, app, admin, id, path: `/admin/users/${id}/factors/reset` }
}

const begin = (test: TestAuth, browser = test.browser()): Promise<TestAnswer> =>
  browser.post('/sign-in/password', { email: ada, password: testPassword, mode: 'token' })

async function signInWith({ test, app }: Console): Promise<TestAnswer> {
  const { attempt } = (await begin(test)).body
  return test.browser().post('/sign-in/factor/totp', { attempt, code: await app.nextCode() })
}

async function mails({ test }: Console): Promise<readonly string[]> {
  await test.auth.drainOutbox()
  return test.mailbox
    .list()
    .filter(({ to, subject }) => to === ada && subject.includes('second factors'))
    .map(({ subject }) => subject)
}

const methodsOf = async ({ test, id }: Console): Promise<readonly string[]> => {
  const rows = (await test.storage.findSubject(id))?.credentials ?? []
  return [...new Set(rows.map(({ method }) => method))].toSorted()
}

const resetEvents = async ({ test }: Console): Promise<readonly string[]> =>
  (await test.events()).filter((event) => event.startsWith('factors.'))

describe('a reset of the second factors at once', () => {
  it('removes app, codes and passkeys of every usage, keeps password and identities, ends every session and tells the owner', async () => {
    const all = await aConsole()
    const { test, owner, admin, id, path } = all
    for (const usage of ['primary', 'factor', 'both']) {
      const credential = aCredential({ id }, { method: 'passkey', data: JSON.stringify({ usage }) })
      await test.storage.commit([{ kind: 'addCredential', credential }], test.clock.now())
    }
    const credential = aCredential({ id }, { method: 'oauth' })
    await test.storage.commit([{ kind: 'addCredential', credential }], test.clock.now())
    const pending = await begin(test)
    const done = await admin.post(path, { reason: 'lost the phone, asked in person' })
    expect([done.status, done.body]).toEqual([200, { notBefore: null }])
    expect(await methodsOf(all)).toEqual(['oauth', 'password'])
    expect((await owner.get('/session')).status).toBe(401)
    const { attempt } = pending.body
    const late = await test.browser().post('/sign-in/factor/totp', { attempt, code: await all.app.nextCode() })
    expect(late.body).toMatchObject({ code: 'attempt_over' })
    expect(await mails(all)).toEqual(['The second factors of your Latchkey account were reset'])
    expect((await test.signIn(test.browser(), ada)).body).toMatchObject({ status: 'signed_in', session: { aal: 1 } })
  })

  it('is in the audit log with who and why, and the why is sealed with the person’s key', async () => {
    const { test, admin, path, id } = await aConsole()
    await admin.post(path, { reason: 'lost the phone' })
    const { items } = await test.storage.listEvents({ limit: 1, kind: 'factors.reset' })
    expect(JSON.stringify(items)).not.toContain('phone')
    const { body } = await admin.get(`/admin/users/${id}/events`)
    expect(body['events']).toContainEqual(
      expect.objectContaining({
        kind: 'factors.reset',
        userId: id,
        actorId: (await test.auth.users.findByEmail('admin@example.com'))?.id,
        person: expect.objectContaining({ note: 'lost the phone' }) as unknown,
      }),
    )
    const person = test.browser()
    await test.signIn(person, ada)
    expect((await person.get('/account/activity')).text).not.toContain('phone')
  })

  it('is refused for nobody, for somebody without factors, for the own account, for somebody more powerful', async () => {
    const { test, admin, path, id } = await aConsole()
    expect((await admin.post(path.replace(id, '01890000-0000-7000-8000-000000000000'), {})).status).toBe(404)
    expect((await admin.post(path, {})).status).toBe(200)
    expect((await admin.post(path, {})).body).toMatchObject({ status: 409, code: 'not_enrolled' })
    const own = (await test.auth.users.findByEmail('admin@example.com'))?.id ?? ''
    expect((await admin.post(path.replace(id, own), {})).body).toMatchObject({ code: 'conflict' })

    const support = createTestAuth({ rolePermissions: { admin: ['*'], support: ['users:write'] } })
    const boss = await support.signUp(ada)
    expect((await boss.get('/session')).status).toBe(200)
    const clerk = await support.signUp('clerk@example.com')
    const ids = await Promise.all([ada, 'clerk@example.com'].map((email) => support.auth.users.findByEmail(email)))
    await support.auth.users.setRoles(ids[0]?.id ?? '', ['admin'])
    await support.auth.users.setRoles(ids[1]?.id ?? '', ['support'])
    for (const answer of [
      await clerk.post(`/admin/users/${ids[0]?.id}/factors/reset`, {}),
      await clerk.delete(`/admin/users/${ids[0]?.id}/factors/reset`),
    ])
      expect(answer.body).toMatchObject({ code: 'forbidden' })
  })

  it('takes a reason of one line and a delay of up to 30 days', async () => {
    const { admin, path } = await aConsole()
    const bad = [{ reason: 'a\nb' }, { reason: 'a'.repeat(501) }, { delayHours: -1 }, { delayHours: 1.5 }]
    for (const body of [...bad, { delayHours: 721 }, { delayHours: '1' }, { more: 1 }])
      expect((await admin.post(path, body)).status).toBe(422)
  })
})

describe('a reset with a delay', () => {
  it('tells the owner at once, waits to the millisecond, and is done by the sweep', async () => {
    const all = await aConsole()
    const { test, admin, owner, path, id } = all
    const at = test.clock.now()
    const asked = await admin.post(path, { reason: 'by phone', delayHours: 24 })
    expect(asked.body).toEqual({ notBefore: new Date(at + dayMs).toISOString() })
    expect(await mails(all)).toEqual(['The second factors of your Latchkey account will be reset'])
    expect((await admin.get(`/admin/users/${id}/factors`)).body).toMatchObject({
      pendingReset: asked.body['notBefore'],
      factors: { recoveryCodes: 10 },
    })
    expect((await owner.get('/session')).status).toBe(200)
    test.clock.set(at + dayMs - 1)
    expect((await test.auth.sweep()).factorResets).toBe(0)
    expect((await begin(test)).body).toMatchObject({ factors: ['totp', 'recovery_code'] })
    test.clock.set(at + dayMs)
    expect((await test.auth.sweep()).factorResets).toBe(1)
    expect(await methodsOf(all)).toEqual(['password'])
    expect((await owner.get('/session')).status).toBe(401)
    expect(await mails(all)).toHaveLength(2)
    expect((await test.auth.sweep()).factorResets).toBe(0)
    expect(await resetEvents(all)).toEqual(['factors.reset_requested', 'factors.reset'])
    const { items } = await test.storage.listEvents({ limit: 1, kind: 'factors.reset' })
    const adminId = (await test.auth.users.findByEmail('admin@example.com'))?.id
    expect(items[0]).toMatchObject({ actorId: 'system', data: JSON.stringify({ requestedBy: adminId }) })
  })

  it('is done once by ten sweeps at a time, and weeks late where no server ran', async () => {
    const all = await aConsole()
    await all.admin.post(all.path, { delayHours: 720 })
    await all.test.clock.advance(59 * dayMs)
    const swept = await Promise.all(Array.from({ length: 10 }, () => all.test.auth.sweep()))
    expect(swept.reduce((sum, { factorResets }) => sum + factorResets, 0)).toBe(1)
    expect((await mails(all)).filter((subject) => subject.endsWith('were reset'))).toHaveLength(1)
  })

  it('is stopped by the owner who signs in with a factor, by app or recovery code, and by step-up', async () => {
    const proofs: readonly ((all: Console) => Promise<TestAnswer>)[] = [
      signInWith,
      async ({ test, app }) => {
        const { attempt } = (await begin(test)).body
        return test.browser().post('/sign-in/factor/recovery-code', { attempt, code: app.recoveryCodes[0] })
      },
      async ({ owner, app }) => {
        const { attempt } = (await owner.post('/session/step-up')).body
        return owner.post('/sign-in/factor/totp', { attempt, code: await app.nextCode() })
      },
    ]
    for (const prove of proofs) {
      const all = await aConsole()
      await all.admin.post(all.path, { delayHours: 24 })
      expect((await prove(all)).body).toMatchObject({ status: 'signed_in' })
      expect((await all.admin.get(`/admin/users/${all.id}/factors`)).body).toMatchObject({ pendingReset: null })
      await all.test.clock.advance(2 * dayMs)
      expect((await all.test.auth.sweep()).factorResets).toBe(0)
      expect(await methodsOf(all)).toContain('totp')
      expect(await resetEvents(all)).toEqual(['factors.reset_requested', 'factors.reset_cancelled'])
    }
  })

  it('is not stopped by a password, a wrong code, a mailed code or a session that is merely used', async () => {
    const all = await aConsole()
    const { test, owner, admin, path } = all
    await admin.post(path, { delayHours: 1 })
    const { attempt } = (await begin(test)).body
    await test.browser().post('/sign-in/factor/totp', { attempt, code: 'wrong' })
    const browser = test.browser()
    await test.proveCode(browser, await browser.post('/sign-in/email-code', { email: ada }), await test.codeFor(ada))
    await owner.get('/session')
    await owner.patch('/account', { name: 'Ada' })
    await test.clock.advance(hourMs)
    expect((await test.auth.sweep()).factorResets).toBe(1)
  })

  it('is not stopped by the password that raises a session in which the factor was given before', async () => {
    const all = await aConsole()
    const { test, app, admin, path } = all
    const browser = test.browser()
    const mailed = await browser.post('/sign-in/email-code', { email: ada })
    const { attempt } = (await test.proveCode(browser, mailed, await test.codeFor(ada))).body
    await browser.post('/sign-in/factor/totp', { attempt, code: await app.nextCode() })
    await admin.post(path, { delayHours: 1 })
    const stepUp = await browser.post('/session/step-up')
    expect(stepUp.body).toMatchObject({ factors: ['password'] })
    const body = { attempt: stepUp.body['attempt'], password: testPassword }
    expect((await browser.post('/sign-in/factor/password', body)).body).toMatchObject({ session: { aal: 2 } })
    await test.clock.advance(hourMs)
    expect((await test.auth.sweep()).factorResets).toBe(1)
  })

  it('is stopped by an administrator, once, by whoever may', async () => {
    const all = await aConsole()
    const { test, admin, owner, path } = all
    expect((await admin.delete(path)).status).toBe(404)
    await admin.post(path, { delayHours: 24 })
    expect((await owner.delete(path)).status).toBe(403)
    expect((await test.browser().delete(path)).status).toBe(401)
    const answers = await Promise.all(Array.from({ length: 5 }, () => admin.delete(path)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404, 404, 404, 404])
    await test.clock.advance(2 * dayMs)
    expect((await test.auth.sweep()).factorResets).toBe(0)
    expect(await resetEvents(all)).toEqual(['factors.reset_requested', 'factors.reset_cancelled'])
  })

  it('is replaced by a later request, also one for now', async () => {
    const all = await aConsole()
    const { test, admin, path } = all
    await admin.post(path, { delayHours: 24 })
    await admin.post(path, { delayHours: 48 })
    expect(await mails(all)).toHaveLength(2)
    await test.clock.advance(25 * hourMs)
    expect((await test.auth.sweep()).factorResets).toBe(0)
    await test.signIn(admin, 'admin@example.com')
    expect((await admin.post(path, {})).status).toBe(200)
    expect(await mails(all)).toHaveLength(3)
    await test.clock.advance(2 * dayMs)
    expect((await test.auth.sweep()).factorResets).toBe(0)
  })

  it('leaves alone whoever has nothing left to reset, and whoever is gone', async () => {
    const all = await aConsole()
    const { test, admin, owner, path } = all
    await admin.post(path, { delayHours: 1 })
    await owner.delete('/totp')
    const other = await aConsole()
    await other.admin.post(other.path, { delayHours: 1 })
    await other.test.auth.users.delete(other.id)
    for (const each of [test, other.test]) {
      await each.clock.advance(hourMs)
      expect((await each.auth.sweep()).factorResets).toBe(0)
    }
    expect((await owner.get('/session')).status).toBe(200)
  })
})

describe('the library', () => {
  it('resets at once or later, and takes it back', async () => {
    const all = await aConsole()
    const { users } = all.test.auth
    const at = all.test.clock.now()
    expect(await users.resetFactors(all.id, { delayHours: 2 })).toEqual({
      ok: true,
      notBefore: new Date(at + 2 * hourMs),
    })
    expect(await users.cancelFactorsReset(all.id)).toEqual({ ok: true })
    expect(await users.cancelFactorsReset(all.id)).toEqual({ ok: false, reason: 'not_applicable' })
    expect(await users.resetFactors(all.id, { reason: 'lost' })).toEqual({ ok: true, notBefore: null })
    expect(await users.resetFactors(all.id)).toEqual({ ok: false, reason: 'not_enrolled' })
    expect(await users.resetFactors('nobody')).toEqual({ ok: false, reason: 'not_found' })
    for (const delayHours of [-1, 0.5, 721, Number.NaN])
      await expect(users.resetFactors(all.id, { delayHours })).rejects.toThrow(RangeError)
  })
})
