import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword, type TestAuth } from '../testing/test-auth.ts'
import { signInAgain } from '../testing/test-session.ts'

const email = 'ada@example.com'
const nobody = '01890000-0000-7000-8000-000000000000'

async function idOf(test: TestAuth, address: string): Promise<string> {
  return (await test.auth.users.findByEmail(address))?.id ?? ''
}

describe('users of the library', () => {
  it('are found by id and by any spelling of their address, and by nothing else', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const id = await idOf(test, ' Ada@EXAMPLE.com ')
    expect(await test.auth.users.find(id)).toMatchObject({ id, email })
    for (const wrong of ['', nobody, id.toUpperCase(), `${id}'`, '__proto__']) {
      expect(await test.auth.users.find(wrong)).toBeUndefined()
      expect(await test.auth.users.findByEmail(wrong)).toBeUndefined()
      expect(await test.auth.sessions.list(wrong)).toEqual([])
    }
  })

  it('are listed in pages that meet without a gap, while others arrive', async () => {
    const test = createTestAuth()
    const create = async (number: number): Promise<void> => {
      const made = await test.auth.users.create({ email: `user-${number}@example.com` })
      expect(made.ok).toBe(true)
    }
    for (let number = 0; number < 7; number++) await create(number)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await test.auth.users.list({ limit: 2, ...(cursor === '' ? {} : { cursor }) })
      seen.push(...page.users.map((user) => user.email))
      cursor = page.nextCursor
      await create(100 + seen.length)
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((number) => `user-${number}@example.com`))
  })

  it('come in pages of a bounded size, whatever is asked for', async () => {
    const test = createTestAuth()
    for (let number = 0; number < 3; number++) await test.auth.users.create({ email: `user-${number}@example.com` })
    const sizes: number[] = []
    for (const limit of [0, -1, Number.NaN, 1.9, 2]) sizes.push((await test.auth.users.list({ limit })).users.length)
    expect(sizes).toEqual([1, 1, 1, 1, 2])
    const all = await test.auth.users.list({ limit: Number.POSITIVE_INFINITY, search: ' USER-' })
    expect(all.users).toHaveLength(3)
    expect((await test.auth.users.list({ search: 'user_' })).users).toEqual([])
  })

  it('are created with what was given and nothing more', async () => {
    const test = createTestAuth()
    const sneaky = { email, roles: ['editor'], id: nobody, epoch: 9, passwordHash: 'x', blockedAt: new Date(0) }
    const made = await test.auth.users.create(sneaky)
    expect(made).toMatchObject({ ok: true, user: { email, roles: ['editor'], emailVerifiedAt: null, blockedAt: null } })
    expect(made.ok && made.user.id).not.toBe(nobody)
    expect(await test.auth.users.create({ email: 'ADA@example.com' })).toEqual({ ok: false, reason: 'email_taken' })
    expect(await test.auth.users.create({ email: 'x' })).toEqual({ ok: false, reason: 'invalid_email' })
    const bob = { email: 'bob@example.com' }
    expect(await test.auth.users.create({ ...bob, password: '1234567' })).toEqual({ ok: false, reason: 'too_short' })
    expect(await test.auth.users.create({ ...bob, password: 'x'.repeat(1_025) })).toEqual({
      ok: false,
      reason: 'too_long',
    })
    expect(await test.auth.users.findByEmail('bob@example.com')).toBeUndefined()
  })

  it('that do not exist are told from what does not apply', async () => {
    const test = createTestAuth()
    await test.signUp(email)
    const id = await idOf(test, email)
    const { users, sessions } = test.auth
    const missing = { ok: false, reason: 'not_found' }
    expect(await users.block(nobody)).toEqual(missing)
    expect(await users.delete('x')).toEqual(missing)
    expect(await sessions.revoke(id, nobody)).toEqual(missing)
    expect(await sessions.revoke(id, 'x')).toEqual(missing)
    expect(await sessions.revokeAll(nobody)).toEqual(missing)
    const unfit = { ok: false, reason: 'not_applicable' }
    expect(await users.unblock(id)).toEqual(unfit)
    expect(await users.verifyEmail(id)).toEqual(unfit)
    expect(await users.block(id)).toEqual({ ok: true })
    expect(await users.block(id)).toEqual(unfit)
  })

  it('lose all or one of their sessions, and nobody else does', async () => {
    const test = createTestAuth()
    const first = await test.signUp(email)
    const bob = await test.signUp('bob@example.com')
    const second = await signInAgain(test, email)
    const id = await idOf(test, email)
    const bobs = await test.auth.sessions.list(await idOf(test, 'bob@example.com'))
    expect(await test.auth.sessions.revoke(id, bobs[0]?.id ?? '')).toEqual({ ok: false, reason: 'not_found' })
    expect((await bob.get('/session')).status).toBe(200)
    const [newest] = await test.auth.sessions.list(id)
    expect(await test.auth.sessions.revoke(id, newest?.id ?? '')).toEqual({ ok: true })
    expect((await second.get('/session')).status).toBe(401)
    expect((await first.get('/session')).status).toBe(200)
    expect(await test.auth.sessions.revokeAll(id)).toEqual({ ok: true })
    expect((await first.get('/session')).status).toBe(401)
    expect((await bob.get('/session')).status).toBe(200)
  })

  it('that are deleted leave no session, no device and no way in, and their address is free again', async () => {
    const test = createTestAuth()
    const ada = await test.signUp(email)
    expect(await test.auth.users.delete(await idOf(test, email))).toEqual({ ok: true })
    expect((await ada.get('/session')).status).toBe(401)
    expect((await ada.post('/sign-in/password', { email, password: testPassword })).status).toBe(401)
    const again = await test.signUp(email)
    expect((await again.get('/session')).status).toBe(200)
    expect((await ada.get('/session')).status).toBe(401)
    expect(await test.auth.verifyAudit()).toMatchObject({ ok: true })
  })

  it('get the rights of their roles with the next request', async () => {
    const test = createTestAuth({ rolePermissions: { admin: ['*'], reader: ['users:read'] } })
    const ada = await test.signUp(email)
    const id = await idOf(test, email)
    expect((await ada.get('/admin/users')).status).toBe(403)
    await test.auth.users.setRoles(id, ['reader', 'reader'])
    expect((await test.auth.users.find(id))?.roles).toEqual(['reader'])
    expect((await ada.get('/admin/users')).status).toBe(200)
    await test.auth.users.setRoles(id, [])
    expect((await ada.get('/admin/users')).status).toBe(403)
  })
})
