import { nullish, optional, strictObject } from 'valibot'
import { rawPassword } from '../../credential/hashing/raw-password.ts'
import {
  attemptField,
  emailField,
  localeField,
  modeField,
  nameField,
  needsFactorAnswer,
  passwordField,
} from '../../methods/fields.ts'
import { route, type Answer, type Route } from '../../methods/route.ts'
import { signInAnswer } from '../../methods/sign-in-answer.ts'
import { claimAdminLink } from '../../sign-up/admin-link.ts'
import { startSignUp, type Registration, type StartSignUpResult } from '../../sign-up/start-sign-up.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { CoreRoutePorts } from './core-ports.ts'

export function signUpRoutes(ports: CoreRoutePorts): readonly Route[] {
  return [
    route({
      id: 'signUp',
      method: 'POST',
      path: '/sign-up',
      summary: 'Register; the account exists once the mailed code was given',
      access: { kind: 'public' },
      body: strictObject({
        email: emailField,
        password: optional(passwordField),
        name: nullish(nameField),
        locale: nullish(localeField),
        mode: modeField,
      }),
      answers: {
        200: {
          description: 'A mail is on its way. The same for known and unknown addresses.',
          body: needsFactorAnswer,
        },
      },
      problems: ['password_rejected', 'rate_limited'],
      handle: ({ body, context }) => register(ports, body, (registration) => startSignUp(ports, context, registration)),
    }),
    ...(ports.development ? [adminLinkRoute(ports)] : []),
  ]
}

function adminLinkRoute(ports: CoreRoutePorts): Route {
  return route({
    id: 'claimAdminLink',
    method: 'POST',
    path: '/admin-link/claim',
    summary: 'Register the first administrator with the one-time link of the terminal (development only)',
    access: { kind: 'public' },
    body: strictObject({
      token: attemptField,
      email: emailField,
      password: passwordField,
      name: nullish(nameField),
      mode: modeField,
    }),
    answers: { 200: { description: 'A mail is on its way.', body: needsFactorAnswer } },
    problems: ['attempt_over', 'password_rejected', 'rate_limited'],
    handle: ({ body, context }) =>
      register(ports, body, (registration) => claimAdminLink(ports, context, { token: body.token, registration })),
  })
}

interface RegistrationBody {
  readonly email: EmailAddress
  readonly password?: string | undefined
  readonly name?: string | null | undefined
  readonly locale?: string | null | undefined
  readonly mode?: 'cookie' | 'token' | undefined
}

async function register(
  ports: CoreRoutePorts,
  body: RegistrationBody,
  start: (registration: Registration) => Promise<StartSignUpResult>,
): Promise<Answer> {
  const password = body.password === undefined ? null : rawPassword(body.password, ports.settings.password.maxLength)
  if (password === undefined) return { ok: false, problem: 'invalid_fields', fields: { password: 'too_long' } }
  const result = await start({
    email: body.email,
    password,
    name: body.name ?? null,
    locale: body.locale ?? null,
    mode: body.mode ?? 'cookie',
  })
  if (result.ok) return signInAnswer(ports, result)
  switch (result.reason) {
    case 'over_limit':
      return { ok: false, problem: 'rate_limited', retryAfterSeconds: result.retryAfterSeconds }
    case 'password_required':
      return { ok: false, problem: 'invalid_fields', fields: { password: 'required' } }
    case 'password_rejected':
      return { ok: false, problem: 'password_rejected', fields: { password: result.rejection } }
    case 'invitation_over':
      return { ok: false, problem: 'attempt_over' }
  }
}
