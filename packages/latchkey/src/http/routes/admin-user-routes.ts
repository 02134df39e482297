import { array, maxLength, nullish, object, optional, pipe, strictObject, string } from 'valibot'
import { covers } from '../../access/permissions.ts'
import { readEvent } from '../../audit/read-event.ts'
import { rawPassword } from '../../credential/hashing/raw-password.ts'
import { emailField, listedSessionAnswer, localeField, nameField, passwordField } from '../../methods/fields.ts'
import type { ProblemCode } from '../../methods/problem.ts'
import { route, signedIn, type Access, type Answer, type Caller, type Route } from '../../methods/route.ts'
import { toIsoTimestamp } from '../../platform/timestamp.ts'
import { requestReset } from '../../recovery/request-reset.ts'
import { listLiveSessions } from '../../session/list-sessions.ts'
import { listedSession } from '../../session/public-session.ts'
import { revokeAllSessions } from '../../session/revoke-sessions.ts'
import {
  blockUser,
  createUser,
  deleteUser,
  markEmailVerified,
  setRoles,
  unblockUser,
  updateProfile,
  type Acting,
  type ManageResult,
} from '../../user/manage-users.ts'
import { publicUser, type User } from '../../user/user.ts'
import {
  adminUserAnswer,
  adminUserListAnswer,
  cursorField,
  flagField,
  limitField,
  rolesBody,
  verifiedField,
} from './admin-fields.ts'
import { eventListAnswer } from './admin-system-routes.ts'
import { acting, adminSubject } from './admin-subject.ts'
import type { CoreRoutePorts } from './core-ports.ts'

const reads: Access = { kind: 'admin', permission: 'users:read' }
const writes: Access = { kind: 'admin', permission: 'users:write' }
const writesFreshly: Access = { kind: 'admin', permission: 'users:write', fresh: true }

export function adminUserRoutes(ports: CoreRoutePorts): readonly Route[] {
  const { store } = ports
  const { withUser, onSubject } = adminSubject(ports)
  return [
    route({
      id: 'adminListUsers',
      method: 'GET',
      path: '/admin/users',
      summary: 'Users, newest first',
      access: reads,
      query: strictObject({
        cursor: cursorField,
        limit: limitField,
        search: optional(pipe(string(), maxLength(254))),
        blocked: flagField,
      }),
      answers: { 200: { description: 'A page of users.', body: adminUserListAnswer } },
      problems: [],
      async handle({ query }): Promise<Answer> {
        const page = await store.listUsers({
          limit: query.limit ?? 50,
          ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
          ...(query.search === undefined ? {} : { search: query.search.trim().toLowerCase() }),
          ...(query.blocked === undefined ? {} : { blocked: query.blocked }),
        })
        return { ok: true, status: 200, body: { users: page.items.map(adminUser), nextCursor: page.nextCursor } }
      },
    }),
    route({
      id: 'adminCreateUser',
      method: 'POST',
      path: '/admin/users',
      summary: 'Make a user',
      access: writes,
      body: strictObject({
        email: emailField,
        password: optional(passwordField),
        name: nullish(nameField),
        emailVerified: verifiedField,
      }),
      answers: { 201: { description: 'Made.', body: adminUserAnswer } },
      problems: ['email_taken', 'password_rejected'],
      async handle({ body, caller, context }): Promise<Answer> {
        const password =
          body.password === undefined ? null : rawPassword(body.password, ports.settings.password.maxLength)
        if (password === undefined) return { ok: false, problem: 'invalid_fields', fields: { password: 'too_long' } }
        const rejection = password === null ? undefined : await ports.passwordPolicy.check(password, body.email)
        if (rejection !== undefined) return { ok: false, problem: 'password_rejected', fields: { password: rejection } }
        const created = await createUser(ports, acting(caller, context), {
          email: body.email,
          password,
          name: body.name ?? null,
          roles: [],
          verified: body.emailVerified ?? false,
        })
        return created.ok
          ? { ok: true, status: 201, body: adminUser(created.user) }
          : { ok: false, problem: 'email_taken' }
      },
    }),
    route({
      id: 'adminGetUser',
      method: 'GET',
      path: '/admin/users/:id',
      summary: 'One user',
      access: reads,
      answers: { 200: { description: 'The user.', body: adminUserAnswer } },
      problems: ['not_found'],
      handle: ({ params }) =>
        withUser(params, (user) => Promise.resolve({ ok: true, status: 200, body: adminUser(user) })),
    }),
    route({
      id: 'adminUpdateUser',
      method: 'PATCH',
      path: '/admin/users/:id',
      summary: 'Change name or locale',
      access: writes,
      body: strictObject({ name: nullish(nameField), locale: nullish(localeField) }),
      answers: { 200: { description: 'The user as it is now.', body: adminUserAnswer } },
      problems: ['not_found'],
      handle: ({ params, body, caller, context }) =>
        onSubject(params, caller, async (user) => {
          const updated = await updateProfile(ports, acting(caller, context), user, {
            ...(body.name === undefined ? {} : { name: body.name }),
            ...(body.locale === undefined ? {} : { locale: body.locale }),
          })
          return updated.ok
            ? { ok: true, status: 200, body: adminUser(updated.user) }
            : { ok: false, problem: 'not_found' }
        }),
    }),
    route({
      id: 'adminDeleteUser',
      method: 'DELETE',
      path: '/admin/users/:id',
      summary: 'Remove a user and everything that hangs on it',
      access: writesFreshly,
      answers: { 204: { description: 'Removed.' } },
      problems: ['not_found', 'conflict'],
      handle: ({ params, caller, context }) =>
        onSubject(params, caller, async (user) => {
          // An administrator who removes or blocks the own account by a slip would lock the console.
          if (user.id === signedIn(caller).user.id) return { ok: false, problem: 'conflict' }
          return answerOf(await deleteUser(ports, acting(caller, context), user))
        }),
    }),
    action('block', 'Block sign-in and end every session', writes, async (user, by, caller) =>
      user.id === caller.user.id
        ? { ok: false, problem: 'conflict' }
        : answerOf(await blockUser(ports, by, user, null)),
    ),
    action('unblock', 'Let the user sign in again', writes, async (user, by) =>
      answerOf(await unblockUser(ports, by, user)),
    ),
    action('verify-email', 'Vouch for the address', writes, async (user, by) =>
      answerOf(await markEmailVerified(ports, by, user)),
    ),
    action(
      'reset-password',
      'Mail the user a reset link; the administrator never sees or chooses a password',
      writes,
      async (user, by) => {
        const requested = await requestReset(ports, by.context, {
          email: user.email,
          mode: 'token',
          actorId: by.actorId,
        })
        return requested.ok
          ? { ok: true, status: 204 }
          : { ok: false, problem: 'rate_limited', retryAfterSeconds: requested.retryAfterSeconds }
      },
    ),
    action('sign-out', 'End every session of the user', writes, async (user, by) => {
      await revokeAllSessions(ports, by.context, { user, keep: null, reason: 'revoked_by_admin', actorId: by.actorId })
      return { ok: true, status: 204 }
    }),
    route({
      id: 'adminListUserSessions',
      method: 'GET',
      path: '/admin/users/:id/sessions',
      summary: 'Live sessions of a user',
      access: reads,
      answers: { 200: { description: 'Newest first.', body: object({ sessions: array(listedSessionAnswer) }) } },
      problems: ['not_found'],
      handle: ({ params }) =>
        withUser(params, async (user) => {
          const sessions = await listLiveSessions(ports, user)
          return { ok: true, status: 200, body: { sessions: sessions.map((session) => listedSession(session, null)) } }
        }),
    }),
    route({
      id: 'adminListUserEvents',
      method: 'GET',
      path: '/admin/users/:id/events',
      summary: 'Audit events of a user',
      access: { kind: 'admin', permission: 'events:read' },
      query: strictObject({ cursor: cursorField, limit: limitField }),
      answers: { 200: { description: 'Newest first.', body: eventListAnswer } },
      problems: ['not_found'],
      handle: ({ params, query }) =>
        withUser(params, async (user) => {
          const page = await store.listEvents({
            userId: user.id,
            limit: query.limit ?? 50,
            ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
          })
          const events = page.items.map((event) => readEvent(ports, event, user))
          return { ok: true, status: 200, body: { events, nextCursor: page.nextCursor } }
        }),
    }),
    route({
      id: 'adminSetUserRoles',
      method: 'PUT',
      path: '/admin/users/:id/roles',
      summary: 'Replace the roles of a user',
      access: { kind: 'admin', permission: 'roles:write', fresh: true },
      body: strictObject({ roles: rolesBody }),
      answers: { 204: { description: 'In force with the next request.' } },
      problems: ['not_found', 'conflict', 'invalid_fields'],
      handle: ({ params, body, caller, context }) =>
        onSubject(params, caller, async (user) => {
          if (user.id === signedIn(caller).user.id) return { ok: false, problem: 'conflict' }
          if (body.roles.some((role) => !Object.hasOwn(ports.rolePermissions, role))) {
            return { ok: false, problem: 'invalid_fields', fields: { roles: 'invalid' } }
          }
          if (!covers(ports.rolePermissions, signedIn(caller).user.roles, body.roles)) {
            return { ok: false, problem: 'forbidden' }
          }
          return answerOf(await setRoles(ports, acting(caller, context), user, body.roles))
        }),
    }),
  ]

  function action(
    name: 'block' | 'unblock' | 'verify-email' | 'reset-password' | 'sign-out',
    summary: string,
    access: Access,
    work: (user: User, by: Acting, caller: Caller) => Promise<Answer>,
  ): Route {
    const id = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    return route({
      id: `adminUser${id.slice(0, 1).toUpperCase()}${id.slice(1)}`,
      method: 'POST',
      path: `/admin/users/:id/${name}`,
      summary,
      access,
      answers: { 204: { description: 'Done.' } },
      problems: ['not_found', 'conflict'],
      handle: ({ params, caller, context }) =>
        onSubject(params, caller, (user) => work(user, acting(caller, context), signedIn(caller))),
    })
  }
}

function answerOf(result: ManageResult): Answer {
  const problem: ProblemCode = !result.ok && result.reason === 'unknown_user' ? 'not_found' : 'conflict'
  return result.ok ? { ok: true, status: 204 } : { ok: false, problem }
}

function adminUser(user: User): Readonly<Record<string, unknown>> {
  return {
    user: publicUser(user),
    blockedAt: user.blockedAt === null ? null : toIsoTimestamp(user.blockedAt),
    blockedReason: user.blockedReason,
    emailVerifiedAt: user.emailVerifiedAt === null ? null : toIsoTimestamp(user.emailVerifiedAt),
  }
}
