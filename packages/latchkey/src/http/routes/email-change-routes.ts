import { object, optional, strictObject, string } from 'valibot'
import { attemptField, codeField, emailField, userAnswer } from '../../methods/fields.ts'
import { route, signedIn, type Answer, type Route } from '../../methods/route.ts'
import { confirmEmailChange, requestEmailChange } from '../../user/change-email.ts'
import { undoEmailChange } from '../../user/undo-email-change.ts'
import { publicUser } from '../../user/user.ts'
import type { CoreRoutePorts } from './core-ports.ts'

const deviceCookieSeconds = 365 * 24 * 3_600

export function emailChangeRoutes(ports: CoreRoutePorts): readonly Route[] {
  const { settings } = ports
  return [
    route({
      id: 'requestEmailChange',
      method: 'POST',
      path: '/email/change',
      summary: 'Mail a code to the address that is to be my new one',
      access: { kind: 'session', sensitive: true },
      body: strictObject({ email: emailField }),
      answers: {
        200: {
          description:
            'A mail is on its way, whether or not somebody has the address; `attempt` goes back with the code.',
          body: object({ status: string(), attempt: string() }),
        },
      },
      problems: ['rate_limited'],
      async handle({ body, caller, context }): Promise<Answer> {
        const requested = await requestEmailChange(ports, context, { ...signedIn(caller), email: body.email })
        if (requested.ok) {
          const { attempt, binding } = requested
          const maxAgeSeconds = Math.ceil(settings.attemptTtlMs / 1_000)
          return {
            ok: true,
            status: 200,
            body: { status: 'sent', attempt },
            ...(binding === null ? {} : { cookies: { binding: { value: binding, maxAgeSeconds } } }),
          }
        }
        return requested.reason === 'unchanged'
          ? { ok: false, problem: 'invalid_fields', fields: { email: 'unchanged' } }
          : { ok: false, problem: 'rate_limited', retryAfterSeconds: requested.retryAfterSeconds }
      },
    }),
    route({
      id: 'confirmEmailChange',
      method: 'POST',
      path: '/email/change/confirm',
      summary: 'Change my address with the code; every other session ends, and the old address is told',
      access: { kind: 'session', enrolled: true },
      body: strictObject({ attempt: attemptField, code: codeField }),
      answers: {
        200: {
          description: 'The user as it is now; in token mode, `device` replaces what was forgotten.',
          body: object({ user: userAnswer, device: optional(string()) }),
        },
      },
      problems: ['wrong_code', 'attempt_over', 'conflict', 'rate_limited'],
      async handle({ body, caller, context, presented }): Promise<Answer> {
        const { user, session } = signedIn(caller)
        const { binding } = presented
        const changed = await confirmEmailChange(ports, context, { ...body, user, session, binding })
        if (changed.ok) {
          const answer = { user: publicUser(changed.user) }
          if (session.mode === 'token') return { ok: true, status: 200, body: { ...answer, device: changed.device } }
          const device = { value: changed.device, maxAgeSeconds: deviceCookieSeconds }
          return { ok: true, status: 200, body: answer, cookies: { binding: null, device } }
        }
        return changed.reason === 'over_limit'
          ? { ok: false, problem: 'rate_limited', retryAfterSeconds: changed.retryAfterSeconds }
          : { ok: false, problem: changed.reason }
      },
    }),
    route({
      id: 'undoEmailChange',
      method: 'POST',
      path: '/email/change/undo',
      summary: 'Put the old address back with the token of the mail to it; every session ends and nobody is signed in',
      access: { kind: 'public' },
      body: strictObject({ token: attemptField }),
      answers: { 204: { description: 'The old address is back.' } },
      problems: ['attempt_over', 'conflict'],
      async handle({ body, context }): Promise<Answer> {
        const undone = await undoEmailChange(ports, context, body.token)
        if (!undone.ok) return { ok: false, problem: undone.reason }
        return { ok: true, status: 204, cookies: { session: null, device: null } }
      },
    }),
  ]
}
