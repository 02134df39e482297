import { describe, expect, it } from 'vitest'
import { minuteMs } from '../../platform/clock.ts'
import type { Route } from '../../methods/route.ts'
import { permissions } from '../../access/permissions.ts'
import { aCredential } from '../../storage/contract/fixtures.ts'
import { createTestAuth, type TestAuth } from '../../testing/test-auth.ts'
import type { TestAnswer, TestBrowser } from '../../testing/test-browser.ts'
import { bearer, signUpWithTokens } from '../../testing/test-session.ts'
import { parseUserId } from '../../user/user.ts'

const nobody = '01890000-0000-7000-8000-000000000000'

/** What an administrator would send to a route; every one that takes a body is named here. */
const bodies: Readonly<Record<string, unknown>> = {
  adminCreateUser: { email: 'made@example.com' },
  adminUpdateUser: { name: 'Renamed' },
  adminSetUserRoles: { roles: [] },
  adminResetFactors: {},
}

type AdminRoute = Route & { readonly access: { readonly kind: 'admin'; readonly permission: string } }

function adminRoutes(test: TestAuth): readonly AdminRoute[] {
  return test.auth.routes.filter((route): route is AdminRoute => route.access.kind === 'admin')
}

async function call(
  browser: TestBrowser,
  route: Route,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAnswer> {
  const path = route.path.replace(':id', id)
  switch (route.method) {
    case 'GET':
      return browser.get(path, headers)
    case 'DELETE':
      return browser.delete(path, headers)
    case 'POST':
      return browser.post(path, bodies[route.id], headers)
    case 'PUT':
      return browser.put(path, bodies[route.id])
    case 'PATCH':
      return browser.patch(path, bodies[route.id])
  }
}

/** One engine with a role for each permission and one that lacks exactly it; `subject` is whom the routes act on. */
async function aConsole(): Promise<{
  readonly test: TestAuth
  readonly caller: TestBrowser
  readonly subjectId: string
  become(roles: readonly string[]): Promise<void>
}> {
  const names = Object.keys(permissions)
  const rolePermissions = {
    admin: ['*'],
    ...Object.fromEntries(names.map((name) => [`only-${name.replace(':', '-')}`, [name]])),
    ...Object.fromEntries(
      names.map((name) => [`without-${name.replace(':', '-')}`, names.filter((other) => other !== name)]),
    ),
  }
  const test = createTestAuth({ rolePermissions })
  const caller = await test.signUp('caller@example.com')
  const callerId = (await test.auth.users.findByEmail('caller@example.com'))?.id ?? ''
  await test.signUp('subject@example.com')
  const subjectId = (await test.auth.users.findByEmail('subject@example.com'))?.id ?? ''
  const become = async (roles: readonly string[]): Promise<void> => {
    await test.auth.users.setRoles(callerId, roles)
  }
  return { test, caller, subjectId, become }
}

/** Route ids whose answer had another status than `wanted`, with what they said. */
async function otherwise(
  routes: readonly Route[],
  wanted: number,
  send: (route: Route) => Promise<TestAnswer>,
): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const route of routes) {
    const { status, text } = await send(route)
    if (status !== wanted) wrong.push(`${route.id}: ${status} ${text}`)
  }
  return wrong
}

describe('every admin route', () => {
  it('is one of those that stand here, under a permission that exists', async () => {
    const { test } = await aConsole()
    const routes = adminRoutes(test)
    expect(routes.length).toBeGreaterThanOrEqual(19)
    for (const route of routes) {
      expect(route.path.startsWith('/admin/')).toBe(true)
      expect(Object.keys(permissions)).toContain(route.access.permission)
      expect(route.method === 'GET').toBe(route.access.permission.endsWith(':read'))
      expect(route.body === undefined).toBe(bodies[route.id] === undefined)
    }
    // Nothing below /admin/ is open to others.
    const loose = test.auth.routes.filter(({ path, access }) => path.startsWith('/admin/') && access.kind !== 'admin')
    expect(loose).toEqual([])
  })

  it('answers 401 without a session and with a dead one', async () => {
    const { test, caller, subjectId, become } = await aConsole()
    await become(['admin'])
    const stranger = test.browser()
    expect(await otherwise(adminRoutes(test), 401, (route) => call(stranger, route, subjectId))).toEqual([])
    const copy = test.browser()
    for (const [name, value] of caller.cookies) copy.cookies.set(name, value)
    await caller.delete('/session')
    expect(await otherwise(adminRoutes(test), 401, (route) => call(copy, route, subjectId))).toEqual([])
  })

  it('answers 403 to a person without a role, with an unknown one, and with every role but the right one', async () => {
    const { test, caller, subjectId, become } = await aConsole()
    const before = await test.storage.listEvents({ limit: 200 })
    expect(await otherwise(adminRoutes(test), 403, (route) => call(caller, route, subjectId))).toEqual([])
    expect(await otherwise(adminRoutes(test), 403, (route) => call(caller, route, nobody))).toEqual([])
    expect((await test.storage.listEvents({ limit: 200 })).items).toEqual(before.items)
    for (const roles of [['unknown'], ['constructor', '__proto__', 'toString'], ['Admin', 'admin ', '*']]) {
      await become(roles)
      expect(await otherwise(adminRoutes(test), 403, (route) => call(caller, route, subjectId))).toEqual([])
    }
    for (const permission of Object.keys(permissions)) {
      await become([`without-${permission.replace(':', '-')}`])
      const routes = adminRoutes(test).filter(({ access }) => access.permission === permission)
      expect(routes.length).toBeGreaterThan(0)
      expect(await otherwise(routes, 403, (route) => call(caller, route, subjectId))).toEqual([])
    }
    expect(await test.auth.users.find(subjectId)).toMatchObject({ name: null, roles: [], blockedAt: null })
  })

  it('lets in whoever has its permission, and an administrator', async () => {
    for (const roleOf of [() => 'admin', ({ access }: AdminRoute) => `only-${access.permission.replace(':', '-')}`]) {
      const { test, caller, subjectId, become } = await aConsole()
      const statuses: Record<string, number> = {}
      for (const route of adminRoutes(test)) {
        await become([roleOf(route)])
        statuses[route.id] = (await call(caller, route, route.id === 'adminDeleteUser' ? nobody : subjectId)).status
      }
      const refused = Object.entries(statuses).filter(([, status]) => status === 401 || status === 403 || status >= 500)
      expect(refused).toEqual([])
    }
  })

  it('that is dangerous wants a recent authentication, to the millisecond', async () => {
    const { test, caller, subjectId, become } = await aConsole()
    await become(['admin'])
    const fresh = adminRoutes(test).filter(({ access }) => access.fresh === true)
    expect(fresh.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['adminDeleteUser', 'adminSetUserRoles', 'adminResetFactors', 'adminRotateKeys']),
    )
    test.clock.set(test.clock.now() + 15 * minuteMs - 1)
    expect((await caller.put(`/admin/users/${subjectId}/roles`, { roles: [] })).status).toBe(204)
    test.clock.set(test.clock.now() + 1)
    for (const route of fresh) {
      const answer = await call(caller, route, subjectId)
      expect([route.id, answer.status, answer.body['code']]).toEqual([route.id, 403, 'fresh_required'])
    }
    expect((await caller.get('/admin/users')).status).toBe(200)
    expect(await test.auth.users.find(subjectId)).toBeDefined()
  })

  it('wants AAL2 once its caller has a second factor', async () => {
    const { test, caller, subjectId, become } = await aConsole()
    await become(['admin'])
    const callerId = (await test.auth.users.findByEmail('caller@example.com'))?.id ?? ''
    const enrol = async (method: 'totp' | 'recovery-code', confirmedAt: number | null): Promise<void> => {
      const userId = parseUserId(callerId)
      if (userId === undefined) throw new TypeError('the caller is a user')
      const credential = aCredential({ id: userId }, { method, confirmedAt })
      await test.storage.commit([{ kind: 'addCredential', credential }], test.clock.now())
    }
    // A factor that was never confirmed and codes that stand in for a factor ask for nothing.
    await enrol('totp', null)
    await enrol('recovery-code', test.clock.now())
    expect((await caller.get('/admin/users')).status).toBe(200)
    await enrol('totp', test.clock.now())
    for (const route of adminRoutes(test)) {
      const answer = await call(caller, route, subjectId)
      expect([route.id, answer.status, answer.body['code']]).toEqual([route.id, 403, 'aal_required'])
    }
    expect((await caller.get('/session')).status).toBe(200)
  })

  it('is the same with an access token, and refuses a cross-site caller before anything else', async () => {
    const { test, subjectId } = await aConsole()
    const { client, tokens } = await signUpWithTokens(test, 'native@example.com')
    const id = (await test.auth.users.findByEmail('native@example.com'))?.id ?? ''
    expect((await client.get('/admin/users', bearer(tokens.accessToken))).status).toBe(403)
    await test.auth.users.setRoles(id, ['admin'])
    expect((await client.get('/admin/users', bearer(tokens.accessToken))).status).toBe(200)
    const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    const unsafe = adminRoutes(test).filter(({ method }) => method === 'POST' || method === 'DELETE')
    for (const route of unsafe) {
      const answer = await call(client, route, subjectId, { ...bearer(tokens.accessToken), ...elsewhere })
      expect([route.id, answer.body['code']]).toEqual([route.id, 'csrf'])
    }
  })
})
