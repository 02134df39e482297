import {
  check,
  integer,
  maxLength,
  maxValue,
  minValue,
  nullable,
  number,
  object,
  optional,
  pipe,
  strictObject,
  string,
} from 'valibot'
import { factorOverview } from '../../assurance/factor-overview.ts'
import { factorsAnswer, isOneLine } from '../../methods/fields.ts'
import { route, signedIn, type Answer, type Route } from '../../methods/route.ts'
import { hourMs } from '../../platform/clock.ts'
import { toIsoTimestamp } from '../../platform/timestamp.ts'
import { cancelReset, dueAt, findPendingReset, maxResetDelayHours } from '../../recovery/pending-reset.ts'
import { resetFactors } from '../../recovery/reset-factors.ts'
import { acting, adminSubject } from './admin-subject.ts'
import type { CoreRoutePorts } from './core-ports.ts'

/** The way back for a person who lost every factor. */
export function adminFactorRoutes(ports: CoreRoutePorts): readonly Route[] {
  const { withUser, onSubject } = adminSubject(ports)
  return [
    route({
      id: 'adminGetFactors',
      method: 'GET',
      path: '/admin/users/:id/factors',
      summary: 'By what a user can sign in, and whether a reset waits',
      access: { kind: 'admin', permission: 'users:read' },
      answers: {
        200: {
          description: 'Nothing secret. `pendingReset` is when the second factors will be removed.',
          body: object({ factors: factorsAnswer, pendingReset: nullable(string()) }),
        },
      },
      problems: ['not_found'],
      handle: ({ params }) =>
        withUser(params, async (user) => {
          const [subject, pending] = await Promise.all([
            ports.store.findSubject(user.id),
            findPendingReset(ports, user),
          ])
          const pendingReset = pending === undefined ? null : toIsoTimestamp(dueAt(pending))
          return { ok: true, status: 200, body: { factors: factorOverview(subject?.credentials ?? []), pendingReset } }
        }),
    }),
    route({
      id: 'adminResetFactors',
      method: 'POST',
      path: '/admin/users/:id/factors/reset',
      summary:
        'Remove authenticator app, recovery codes and passkeys of a user who lost them, at once or after a delay',
      access: { kind: 'admin', permission: 'users:write', fresh: true },
      body: strictObject({
        reason: optional(pipe(string(), maxLength(500), check(isOneLine, 'invalid'))),
        delayHours: optional(pipe(number(), integer(), minValue(0), maxValue(maxResetDelayHours))),
      }),
      answers: {
        200: {
          description:
            'Done and every session ended, or, with a delay, announced to the owner, who stops it by signing in with a factor; `notBefore` is when.',
          body: object({ notBefore: nullable(string()) }),
        },
      },
      problems: ['not_found', 'conflict', 'not_enrolled'],
      handle: ({ params, body, caller, context }) =>
        onSubject(params, caller, async (user) => {
          // Whoever administers has a factor, and changes it like everybody else.
          if (user.id === signedIn(caller).user.id) return { ok: false, problem: 'conflict' }
          const reset = await resetFactors(ports, acting(caller, context), user, {
            reason: body.reason ?? null,
            delayMs: (body.delayHours ?? 0) * hourMs,
          })
          if (!reset.ok) return { ok: false, problem: reset.reason === 'not_enrolled' ? 'not_enrolled' : 'not_found' }
          const notBefore = reset.notBefore === null ? null : toIsoTimestamp(reset.notBefore)
          return { ok: true, status: 200, body: { notBefore } } satisfies Answer
        }),
    }),
    route({
      id: 'adminCancelFactorsReset',
      method: 'DELETE',
      path: '/admin/users/:id/factors/reset',
      summary: 'Stop a reset of the second factors that waits',
      access: { kind: 'admin', permission: 'users:write' },
      answers: { 204: { description: 'It will not happen.' } },
      problems: ['not_found'],
      handle: ({ params, caller, context }) =>
        onSubject(params, caller, async (user) => {
          const cancelled = await cancelReset(ports, acting(caller, context), user)
          return cancelled.ok ? { ok: true, status: 204 } : { ok: false, problem: 'not_found' }
        }),
    }),
  ]
}
