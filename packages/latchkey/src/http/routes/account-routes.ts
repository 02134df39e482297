import {
  array,
  maxLength,
  nullable,
  nullish,
  object,
  optional,
  pipe,
  record,
  strictObject,
  string,
  unknown,
} from 'valibot'
import { factorOverview } from '../../assurance/factor-overview.ts'
import { readEvent, type ReadableEvent } from '../../audit/read-event.ts'
import { attemptField, codeField, factorsAnswer, localeField, nameField, userAnswer } from '../../methods/fields.ts'
import { route, signedIn, type Answer, type Route } from '../../methods/route.ts'
import { updateProfile } from '../../user/manage-users.ts'
import { publicUser } from '../../user/user.ts'
import { requestVerification, verifyEmail } from '../../user/verify-email.ts'
import type { CoreRoutePorts } from './core-ports.ts'
import { passwordAccountRoutes } from './password-account-routes.ts'

/** Address and browser in an event are those of whoever acted: an administrator's are not the person's to see. */
function ownEvent(event: ReadableEvent): ReadableEvent {
  return event.actorId === null || event.actorId === event.userId ? event : { ...event, person: null }
}

const sentWithAttempt = object({ status: string(), attempt: string() })

export function accountRoutes(ports: CoreRoutePorts): readonly Route[] {
  const { settings } = ports
  return [
    route({
      id: 'updateAccount',
      method: 'PATCH',
      path: '/account',
      summary: 'Change my name or locale',
      access: { kind: 'session' },
      body: strictObject({ name: nullish(nameField), locale: nullish(localeField) }),
      answers: { 200: { description: 'The user as it is now.', body: object({ user: userAnswer }) } },
      problems: ['not_found'],
      async handle({ body, caller, context }): Promise<Answer> {
        const { user } = signedIn(caller)
        const fields = {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.locale === undefined ? {} : { locale: body.locale }),
        }
        const updated = await updateProfile(ports, { context, actorId: user.id }, user, fields)
        return updated.ok
          ? { ok: true, status: 200, body: { user: publicUser(updated.user) } }
          : { ok: false, problem: 'not_found' }
      },
    }),
    route({
      id: 'getFactors',
      method: 'GET',
      path: '/account/factors',
      summary: 'By what I can sign in, and what protects it',
      access: { kind: 'session' },
      answers: { 200: { description: 'What is set up; nothing secret.', body: factorsAnswer } },
      problems: [],
      async handle({ caller }): Promise<Answer> {
        const subject = await ports.store.findSubject(signedIn(caller).user.id)
        return { ok: true, status: 200, body: factorOverview(subject?.credentials ?? []) }
      },
    }),
    route({
      id: 'listActivity',
      method: 'GET',
      path: '/account/activity',
      summary: 'What happened to my account',
      access: { kind: 'session' },
      query: strictObject({ cursor: optional(pipe(string(), maxLength(64))) }),
      answers: {
        200: {
          description: 'My audit events, newest first.',
          body: object({ events: array(record(string(), unknown())), nextCursor: nullable(string()) }),
        },
      },
      problems: [],
      async handle({ caller, query }): Promise<Answer> {
        const { user } = signedIn(caller)
        const page = await ports.store.listEvents({
          userId: user.id,
          limit: 50,
          ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
        })
        return {
          ok: true,
          status: 200,
          body: {
            events: page.items.map((event) => ownEvent(readEvent(ports, event, user))),
            nextCursor: page.nextCursor,
          },
        }
      },
    }),
    ...passwordAccountRoutes(ports),
    route({
      id: 'requestEmailVerification',
      method: 'POST',
      path: '/email/verify-request',
      summary: 'Mail a code that proves my address',
      access: { kind: 'session' },
      answers: {
        200: {
          description: 'On its way; `attempt` goes back with the code.',
          body: sentWithAttempt,
        },
      },
      problems: ['rate_limited'],
      async handle({ caller, context, presented }): Promise<Answer> {
        const { user, session } = signedIn(caller)
        const { device } = presented
        const requested = await requestVerification(ports, context, { user, mode: session.mode, device })
        if (!requested.ok) return { ok: false, problem: 'rate_limited', retryAfterSeconds: requested.retryAfterSeconds }
        return {
          ok: true,
          status: 200,
          body: { status: 'sent', attempt: requested.attempt },
          ...(requested.binding === null
            ? {}
            : {
                cookies: {
                  binding: { value: requested.binding, maxAgeSeconds: Math.ceil(settings.attemptTtlMs / 1_000) },
                },
              }),
        }
      },
    }),
    route({
      id: 'verifyEmail',
      method: 'POST',
      path: '/email/verify',
      summary: 'Prove my address with the mailed code',
      access: { kind: 'session' },
      body: strictObject({ attempt: attemptField, code: codeField }),
      answers: { 204: { description: 'Proved.' } },
      problems: ['wrong_code', 'attempt_over', 'rate_limited'],
      async handle({ body, caller, context, presented }): Promise<Answer> {
        const { user } = signedIn(caller)
        const { binding, device } = presented
        const verified = await verifyEmail(ports, context, { ...body, user, binding, device })
        if (verified.ok) return { ok: true, status: 204, cookies: { binding: null } }
        if (verified.reason === 'over_limit')
          return { ok: false, problem: 'rate_limited', retryAfterSeconds: verified.retryAfterSeconds }
        return { ok: false, problem: verified.reason }
      },
    }),
  ]
}
