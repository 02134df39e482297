import { object, optional, strictObject, string } from 'valibot'
import { rawPassword } from '../../credential/hashing/raw-password.ts'
import {
  attemptField,
  codeField,
  deviceField,
  emailField,
  modeField,
  passwordField,
  sessionAnswer,
  tokensAnswer,
} from '../../methods/fields.ts'
import { route, signedIn, type Answer, type Route } from '../../methods/route.ts'
import { tokensOf } from '../../methods/sign-in-answer.ts'
import { changePassword, type ChangePasswordResult } from '../../recovery/change-password.ts'
import type { PresentedReset } from '../../recovery/redeem-reset.ts'
import { requestReset } from '../../recovery/request-reset.ts'
import { resetPassword } from '../../recovery/reset-password.ts'
import { publicSession } from '../../session/public-session.ts'
import type { CoreRoutePorts } from './core-ports.ts'

const deviceCookieSeconds = 365 * 24 * 3_600

async function passwordChanged(
  { accessTokens, clock }: CoreRoutePorts,
  { session, secrets, device }: Extract<ChangePasswordResult, { readonly ok: true }>,
): Promise<Answer> {
  if (secrets.mode === 'token') {
    const tokens = await tokensOf(accessTokens, session, secrets.refreshToken)
    return { ok: true, status: 200, body: { tokens, session: publicSession(session), device } }
  }
  const maxAgeSeconds = Math.ceil((session.expiresAt - clock.now()) / 1_000)
  return {
    ok: true,
    status: 204,
    cookies: {
      session: { value: secrets.sessionToken, maxAgeSeconds },
      device: { value: device, maxAgeSeconds: deviceCookieSeconds },
    },
  }
}

const sentWithAttempt = object({ status: string(), attempt: string() })

function presentedReset({
  token,
  attempt,
  code,
  binding,
  device,
}: {
  readonly token?: string | undefined
  readonly attempt?: string | undefined
  readonly code?: string | undefined
  readonly binding: string | undefined
  readonly device: string | undefined
}): PresentedReset | undefined {
  if (token !== undefined) return attempt === undefined && code === undefined ? { kind: 'token', token } : undefined
  if (attempt === undefined || code === undefined) return undefined
  return { kind: 'code', attempt, code, binding, device }
}

/** The password of an account: lost, set anew, changed. */
export function passwordAccountRoutes(ports: CoreRoutePorts): readonly Route[] {
  const { settings } = ports
  return [
    route({
      id: 'requestPasswordReset',
      method: 'POST',
      path: '/password/reset-request',
      summary: 'Mail a link and a code that set a new password',
      access: { kind: 'public' },
      body: strictObject({ email: emailField, mode: modeField }),
      answers: {
        200: {
          description: 'The same for known and unknown addresses; `attempt` goes back with the code of the mail.',
          body: sentWithAttempt,
        },
      },
      problems: ['rate_limited'],
      async handle({ body, context }): Promise<Answer> {
        const { email, mode = 'cookie' } = body
        const requested = await requestReset(ports, context, { email, mode })
        if (!requested.ok) return { ok: false, problem: 'rate_limited', retryAfterSeconds: requested.retryAfterSeconds }
        const { attempt, binding } = requested
        const maxAgeSeconds = Math.ceil(settings.resetTtlMs / 1_000)
        return {
          ok: true,
          status: 200,
          body: { status: 'sent', attempt },
          ...(binding === null ? {} : { cookies: { binding: { value: binding, maxAgeSeconds } } }),
        }
      },
    }),
    route({
      id: 'resetPassword',
      method: 'POST',
      path: '/password/reset',
      summary: 'Set a new password with `token`, or `attempt` and `code`; every session ends and nobody is signed in',
      access: { kind: 'public' },
      body: strictObject({
        token: optional(attemptField),
        attempt: optional(attemptField),
        code: optional(codeField),
        password: passwordField,
        device: deviceField,
      }),
      answers: { 204: { description: 'The password is set. Sign in with it.' } },
      problems: ['attempt_over', 'wrong_code', 'password_rejected', 'rate_limited'],
      async handle({ body, context, presented: { binding, device } }): Promise<Answer> {
        const password = rawPassword(body.password, settings.password.maxLength)
        if (password === undefined) return { ok: false, problem: 'invalid_fields', fields: { password: 'too_long' } }
        const presented = presentedReset({ ...body, binding, device: body.device ?? device })
        // One way or the other, whole, and not both: which one counts must not be a matter of order.
        if (presented === undefined) return { ok: false, problem: 'invalid_fields', fields: { token: 'required' } }
        const result = await resetPassword(ports, context, { presented, password })
        if (result.ok) return { ok: true, status: 204, cookies: { session: null, binding: null, device: null } }
        switch (result.reason) {
          case 'attempt_over':
          case 'wrong_code':
            return { ok: false, problem: result.reason }
          case 'over_limit':
            return { ok: false, problem: 'rate_limited', retryAfterSeconds: result.retryAfterSeconds }
          case 'password_rejected':
            return { ok: false, problem: 'password_rejected', fields: { password: result.rejection } }
        }
      },
    }),
    route({
      id: 'changePassword',
      method: 'POST',
      path: '/password/change',
      summary: 'Change my password; every other session ends',
      access: { kind: 'session', enrolled: true },
      body: strictObject({ currentPassword: passwordField, password: passwordField }),
      answers: {
        200: {
          description:
            'Changed (token mode): the session goes on under this pair, the older refresh token is worth nothing.',
          body: object({ tokens: tokensAnswer, session: sessionAnswer, device: string() }),
        },
        204: { description: 'Changed. The session goes on under a new cookie.' },
      },
      problems: ['invalid_credentials', 'conflict', 'password_rejected', 'rate_limited'],
      async handle({ body, caller, context, presented }): Promise<Answer> {
        const current = rawPassword(body.currentPassword, settings.password.maxLength)
        const next = rawPassword(body.password, settings.password.maxLength)
        if (next === undefined) return { ok: false, problem: 'invalid_fields', fields: { password: 'too_long' } }
        if (current === undefined)
          return { ok: false, problem: 'invalid_fields', fields: { currentPassword: 'too_long' } }
        const result = await changePassword(ports, context, {
          ...signedIn(caller),
          device: presented.device,
          current,
          next,
        })
        if (result.ok) return passwordChanged(ports, result)
        switch (result.reason) {
          case 'wrong_password':
          case 'no_password':
            return { ok: false, problem: 'invalid_credentials' }
          case 'conflict':
            return { ok: false, problem: 'conflict' }
          case 'over_limit':
            return { ok: false, problem: 'rate_limited', retryAfterSeconds: result.retryAfterSeconds }
          case 'password_rejected':
            return { ok: false, problem: 'password_rejected', fields: { password: result.rejection } }
        }
      },
    }),
  ]
}
