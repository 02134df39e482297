import { strictObject, union } from 'valibot'
import { rawPassword } from '../../credential/hashing/raw-password.ts'
import { rehashPassword } from '../../credential/rehash-password.ts'
import { completeSignIn } from '../../sign-in/complete-sign-in.ts'
import { continueAttempt } from '../../sign-in/continue-attempt.ts'
import {
  attemptField,
  deviceField,
  emailField,
  modeField,
  needsFactorAnswer,
  passwordField,
  signedInAnswer,
} from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { route, withDevice, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { provePassword, verifyPassword } from './password.ts'

/** Parse, ask, answer. No decisions. */
export function passwordRoutes(ports: MethodPorts): readonly Route[] {
  return [
    route({
      id: 'signInWithPassword',
      method: 'POST',
      path: '/sign-in/password',
      summary: 'Sign in with address and password',
      access: { kind: 'public' },
      body: strictObject({ email: emailField, password: passwordField, mode: modeField, device: deviceField }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['invalid_credentials', 'attempt_over', 'second_factor_missing', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const password = rawPassword(body.password, ports.settings.password.maxLength)
        if (password === undefined) return tooLong
        const verified = await verifyPassword(ports, context, {
          email: body.email,
          password,
          device: body.device ?? presented.device,
        })
        if (!verified.ok) return rejectedSignIn(verified.reason, verified.retryAfterSeconds)
        const { subject, stale } = verified
        const result = await completeSignIn(ports, context, {
          ...subject,
          proofs: [verified.proof],
          writes: verified.writes,
          epoch: subject.user.epoch,
          mode: body.mode ?? 'cookie',
          device: verified.device,
          occasion: 'sign-in',
        })
        if (result.ok && stale !== null) {
          ports.background(() => rehashPassword(ports, context, { user: subject.user, credential: stale, password }))
        }
        return signInAnswer(ports, result)
      },
    }),
    route({
      id: 'proveFactorPassword',
      method: 'POST',
      path: '/sign-in/factor/password',
      summary: 'Add the password to a pending sign-in',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField, password: passwordField, device: deviceField }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['invalid_credentials', 'attempt_over', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const password = rawPassword(body.password, ports.settings.password.maxLength)
        if (password === undefined) return tooLong
        const proved = await provePassword(ports, context, {
          attempt: body.attempt,
          presented: withDevice(presented, body.device),
          password,
        })
        if (!proved.ok) return rejectedSignIn(proved.reason, proved.retryAfterSeconds)
        return signInAnswer(ports, await continueAttempt(ports, context, proved.attempt))
      },
    }),
  ]
}

const tooLong: Answer = { ok: false, problem: 'invalid_fields', fields: { password: 'too_long' } }
