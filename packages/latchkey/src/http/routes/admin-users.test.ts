import { describe, expect, it } from 'vitest'
import { createTestAuth, testPassword, type TestAuth } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { signInAgain } from '../../testing/test-session.ts'

const email = 'subject@example.com'
const nobody = '01890000-0000-7000-8000-000000000000'

interface Console {
  readonly test: TestAuth
  readonly admin: TestBrowser
  readonly adminId: string
  readonly subject: TestBrowser
  readonly subjectId: string
}

async function aConsole(): Promise<Console> {
  const rolePermissions = {
    admin: ['*'],
    support: ['users:*'],
    clerk: ['roles:write', 'users:read'],
    editor: ['posts:write'],
  }
  const test = createTestAuth({ rolePermissions })
  const admin = await test.signUp('admin@example.com')
  const subject = await test.signUp(email)
  const adminId = (await test.auth.users.findByEmail('admin@example.com'))?.id ?? ''
  const subjectId = (await test.auth.users.findByEmail(email))?.id ?? ''
  await test.auth.users.setRoles(adminId, ['admin'])
  return { test, admin, adminId, subject, subjectId }
}

function addressesOf(answer: TestAnswer): readonly string[] {
  const { users } = answer.body as { readonly users?: readonly { readonly user: { readonly email: string } }[] }
  return (users ?? []).map(({ user }) => user.email)
}

/** Route and body → status and code, for many bodies at once. */
async function verdicts(bodies: readonly unknown[], send: (body: unknown) => Promise<TestAnswer>): Promise<unknown[]> {
  const found = []
  for (const body of bodies) {
    const answer = await send(body)
    found.push(`${answer.status} ${String(answer.body['code'])}`)
  }
  return found
}

describe('an administrator', () => {
  it('does to a user what the routes say, and each act stands in the log under both names', async () => {
    const { test, admin, adminId, subject, subjectId } = await aConsole()
    const path = `/admin/users/${subjectId}`
    expect((await admin.post(`${path}/block`)).status).toBe(204)
    expect((await subject.get('/session')).status).toBe(401)
    expect((await admin.get(path)).body).toMatchObject({ blockedAt: new Date(test.clock.now()).toISOString() })
    expect((await admin.post(`${path}/block`)).status).toBe(409)
    expect((await admin.post(`${path}/unblock`)).status).toBe(204)
    expect((await admin.post(`${path}/unblock`)).status).toBe(409)
    const again = await signInAgain(test, email)
    expect((await admin.post(`${path}/sign-out`)).status).toBe(204)
    expect((await again.get('/session')).status).toBe(401)
    expect((await admin.post(`${path}/verify-email`)).status).toBe(409)
    expect((await admin.patch(path, { name: 'Renamed', locale: null })).body).toMatchObject({
      user: { name: 'Renamed' },
    })
    expect((await admin.put(`${path}/roles`, { roles: ['editor', 'editor'] })).status).toBe(204)
    expect((await admin.get(path)).body).toMatchObject({ user: { roles: ['editor'] } })
    expect((await admin.delete(path)).status).toBe(204)
    expect((await admin.get(path)).status).toBe(404)
    const events = (await test.storage.listEvents({ limit: 50 })).items.filter((event) => event.actorId === adminId)
    expect(events.map(({ kind, userId }) => [kind, userId])).toEqual(
      [
        'user.deleted',
        'user.roles_changed',
        'user.updated',
        'session.all_revoked',
        'user.unblocked',
        'user.blocked',
      ].map((kind) => [kind, subjectId]),
    )
    expect(await test.auth.verifyAudit()).toMatchObject({ ok: true })
  })

  it('cannot block, delete or re-role the own account', async () => {
    const { admin, adminId } = await aConsole()
    const path = `/admin/users/${adminId}`
    const answers = [
      await admin.post(`${path}/block`),
      await admin.delete(path),
      await admin.put(`${path}/roles`, { roles: ['admin', 'support'] }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409])
    expect((await admin.get('/session')).body).toMatchObject({ user: { roles: ['admin'] } })
  })

  it('is told the same about an unknown and a misspelled id', async () => {
    const { admin } = await aConsole()
    for (const id of [nobody, 'x', nobody.toUpperCase(), '..%2f..', "'", '%00']) {
      const answers = [
        await admin.get(`/admin/users/${id}`),
        await admin.post(`/admin/users/${id}/block`),
        await admin.put(`/admin/users/${id}/roles`, { roles: [] }),
        await admin.get(`/admin/users/${id}/sessions`),
        await admin.get(`/admin/users/${id}/events`),
        await admin.delete(`/admin/users/${id}`),
      ]
      expect([id, ...answers.map(({ status }) => status)]).toEqual([id, 404, 404, 404, 404, 404, 404])
    }
  })

  it('gives only roles that exist, whatever their names look like', async () => {
    const { admin, subjectId, test } = await aConsole()
    const bodies = [
      '{"roles":["unknown"]}',
      '{"roles":["constructor"]}',
      '{"roles":["tostring"]}',
      '{"roles":["__proto__"]}',
      '{"roles":["Admin"]}',
      '{"roles":["admin "]}',
      '{"roles":"admin"}',
      '{"roles":{"0":"admin"}}',
      '{"roles":[["admin"]]}',
      '{"roles":[null]}',
      '{"roles":null}',
      '{}',
      `{"roles":[${Array.from({ length: 33 }, () => '"editor"').join(',')}]}`,
      '{"roles":["editor"],"__proto__":{"roles":["admin"]}}',
      '{"__proto__":{"roles":["admin"]}}',
      '{"roles":["editor"],"constructor":{"prototype":{"roles":["admin"]}}}',
    ].map((text): unknown => JSON.parse(text))
    const found = await verdicts(bodies, (body) => admin.put(`/admin/users/${subjectId}/roles`, body))
    expect(new Set(found)).toEqual(new Set(['422 invalid_fields']))
    expect(await test.auth.users.find(subjectId)).toMatchObject({ roles: [] })
    expect(Object.prototype).not.toHaveProperty('roles')
  })

  it('cannot set fields that a route does not name (mass assignment)', async () => {
    const { test, admin, subjectId, subject } = await aConsole()
    const extras = [
      'id',
      'email',
      'emailVerifiedAt',
      'roles',
      'epoch',
      'blockedAt',
      'personKey',
      'passwordHash',
      'createdAt',
    ]
    const bodies = extras.map((name) => ({ name: 'Changed', [name]: 'x' }))
    const refused = extras.map(() => '422 invalid_fields')
    expect(await verdicts(bodies, (body) => admin.patch(`/admin/users/${subjectId}`, body))).toEqual(refused)
    expect(await verdicts(bodies, (body) => subject.patch('/account', body))).toEqual(refused)
    const creating = extras
      .filter((name) => name !== 'email')
      .map((name) => ({ email: 'made@example.com', [name]: 'x' }))
    expect(await verdicts(creating, (body) => admin.post('/admin/users', body))).toEqual(refused.slice(1))
    const untouched = [{ x: 1 }, { reason: 'because' }]
    expect(await verdicts(untouched, (body) => admin.post(`/admin/users/${subjectId}/block`, body))).toEqual([
      '422 invalid_fields',
      '422 invalid_fields',
    ])
    expect(await test.auth.users.find(subjectId)).toMatchObject({ name: null, blockedAt: null, roles: [] })
    expect(await test.auth.users.findByEmail('made@example.com')).toBeUndefined()
  })

  it('makes users without roles; a weak password and a taken address are refused by name', async () => {
    const { test, admin } = await aConsole()
    const made = await admin.post('/admin/users', {
      email: 'Made@example.com',
      password: testPassword,
      emailVerified: true,
    })
    expect([made.status, made.body]).toMatchObject([201, { user: { email: 'made@example.com', roles: [] } }])
    expect((await admin.post('/admin/users', { email: 'made@EXAMPLE.com' })).body).toMatchObject({
      code: 'email_taken',
    })
    const weak = await admin.post('/admin/users', { email: 'other@example.com', password: 'password1' })
    expect(weak.body).toMatchObject({ code: 'password_rejected', fields: { password: 'common' } })
    const person = await signInAgain(test, 'made@example.com')
    expect((await person.get('/session')).status).toBe(200)
  })

  it('never sees or chooses a password: a reset goes to the owner by mail', async () => {
    const { test, admin, subjectId } = await aConsole()
    test.mailbox.clear()
    const answer = await admin.post(`/admin/users/${subjectId}/reset-password`)
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(await test.linkFor(email)).toContain('#token=')
    expect(test.mailbox.list().map(({ to }) => to)).toEqual([email])
  })
})

describe('a helper with few rights', () => {
  it('cannot act on somebody more powerful, nor make one', async () => {
    const { test, admin, adminId, subject, subjectId } = await aConsole()
    const second = await test.signUp('second@example.com')
    const secondId = (await test.auth.users.findByEmail('second@example.com'))?.id ?? ''
    await admin.put(`/admin/users/${subjectId}/roles`, { roles: ['support'] })
    const path = `/admin/users/${adminId}`
    const acts = [
      await subject.post(`${path}/block`),
      await subject.post(`${path}/sign-out`),
      await subject.post(`${path}/reset-password`),
      await subject.patch(path, { name: 'Mallory' }),
      await subject.delete(path),
    ]
    expect(acts.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
    expect((await admin.get('/session')).status).toBe(200)
    expect((await subject.post(`/admin/users/${secondId}/sign-out`)).status).toBe(204)
    expect((await second.get('/session')).status).toBe(401)

    await admin.put(`/admin/users/${subjectId}/roles`, { roles: ['clerk'] })
    const give = (id: string, roles: readonly string[]): Promise<TestAnswer> =>
      subject.put(`/admin/users/${id}/roles`, { roles })
    expect((await give(secondId, ['admin'])).status).toBe(403)
    expect((await give(secondId, ['support'])).status).toBe(403)
    expect((await give(adminId, [])).status).toBe(403)
    expect((await give(subjectId, ['admin'])).status).toBe(409)
    expect((await give(secondId, ['clerk', 'editor'])).status).toBe(204)
    expect((await test.auth.users.find(secondId))?.roles).toEqual(['clerk', 'editor'])
    expect((await test.auth.users.find(adminId))?.roles).toEqual(['admin'])
  })
})

describe('the list of users', () => {
  it('is searched by the beginning of the address, literally', async () => {
    const { test, admin } = await aConsole()
    for (const local of ['a_b', 'a%b', 'axb', 'a+b', "a'b"])
      await test.auth.users.create({ email: `${local}@example.com` })
    const found = async (search: string): Promise<readonly string[]> =>
      addressesOf(await admin.get(`/admin/users?search=${encodeURIComponent(search)}`))
    expect(await found('a_')).toEqual(['a_b@example.com'])
    expect(await found('a%')).toEqual(['a%b@example.com'])
    expect(await found('A+B')).toEqual(['a+b@example.com'])
    expect(await found("a'b")).toEqual(["a'b@example.com"])
    expect(await found(' axb@example.com ')).toEqual(['axb@example.com'])
    for (const nothing of ['%', '_', '*', 'b@example.com', "' OR 1=1 --", '\\', 'ä', '\u{10ffff}']) {
      expect(await found(nothing)).toEqual([])
    }
  })

  it('refuses limits that are none, and survives every cursor', async () => {
    const { admin } = await aConsole()
    for (const limit of ['0', '201', '-1', '1.5', '1e2', '', ' 5', '0x10', 'NaN', '5&limit=6']) {
      const { status } = await admin.get(`/admin/users?limit=${limit}`)
      expect([limit, status === 422 || status === 400]).toEqual([limit, true])
    }
    const cursors = ['', 'x', '0', 'zzz', "'; DROP TABLE user --", '%F0%9F%98%80', nobody, '_'.repeat(64)]
    const lists = ['/admin/users', '/admin/events', '/admin/outbox', '/account/activity']
    for (const list of lists) {
      for (const cursor of cursors) {
        const { status } = await admin.get(`${list}?cursor=${encodeURIComponent(cursor)}`)
        expect([list, cursor, status]).toEqual([list, cursor, 200])
      }
      expect((await admin.get(`${list}?cursor=${'x'.repeat(65)}`)).status).toBe(422)
      expect((await admin.get(`${list}?cursor=%00`)).status).toBe(400)
      expect((await admin.get(`${list}?unknown=1`)).status).toBe(422)
    }
  })

  it('is read in pages that meet without a gap while users arrive and leave', async () => {
    const { test, admin } = await aConsole()
    const ids: string[] = []
    for (let number = 0; number < 10; number++) {
      const made = await test.auth.users.create({ email: `page-${number}@example.com` })
      if (made.ok) ids.push(made.user.id)
    }
    const seen: string[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null; page++) {
      const answer: TestAnswer = await admin.get(
        `/admin/users?search=page-&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...addressesOf(answer))
      cursor = answer.body['nextCursor'] as string | null
      await test.auth.users.create({ email: `page-new-${page}@example.com` })
      // The last one that was seen: the cursor goes on without its row.
      await test.auth.users.delete(ids[10 - seen.length] ?? '')
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => `page-${9 - index}@example.com`))
  })

  it('tells the blocked from the others', async () => {
    const { admin, subjectId } = await aConsole()
    await admin.post(`/admin/users/${subjectId}/block`)
    expect(addressesOf(await admin.get('/admin/users?blocked=true'))).toEqual([email])
    expect(addressesOf(await admin.get('/admin/users?blocked=false'))).toEqual(['admin@example.com'])
    for (const odd of ['1', 'TRUE', '', 'null'])
      expect((await admin.get(`/admin/users?blocked=${odd}`)).status).toBe(422)
  })
})
