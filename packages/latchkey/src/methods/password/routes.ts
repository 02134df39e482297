import { strictObject, union } from 'valibot'
import { appendEvent } from '../../audit/append-event.ts'
import type { Challenge } from '../../challenge/challenge.ts'
import { rawPassword } from '../../credential/hashing/raw-password.ts'
import { rehashPassword } from '../../credential/rehash-password.ts'
import type { RequestContext } from '../../core/request-context.ts'
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
import { route, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { provePassword, verifyPassword, type VerifyPasswordResult } from './password.ts'

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
      problems: ['invalid_credentials', 'attempt_over', 'second_factor_missing'],
      async handle({ body, context, presented }): Promise<Answer> {
        const password = rawPassword(body.password, ports.settings.password.maxLength)
        if (password === undefined) return tooLong
        const verified = await verifyPassword(ports, context, {
          email: body.email,
          password,
          device: body.device ?? presented.device,
        })
        if (!verified.ok) return refuse(ports, context, verified, body.email)
        const { subject, stale } = verified
        const result = await completeSignIn(ports, context, {
          ...subject,
          proofs: [verified.proof],
          writes: verified.writes,
          epoch: subject.user.epoch,
          mode: body.mode ?? 'cookie',
          knownDevice: verified.device !== null,
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
      body: strictObject({ attempt: attemptField, password: passwordField }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['invalid_credentials', 'attempt_over'],
      async handle({ body, context, presented }): Promise<Answer> {
        const password = rawPassword(body.password, ports.settings.password.maxLength)
        if (password === undefined) return tooLong
        const proved = await provePassword(ports, context, {
          attempt: body.attempt,
          binding: presented.binding,
          password,
        })
        if (!proved.ok) {
          if (proved.challenge !== null) await recordFailure(ports, context, proved.challenge, proved.reason)
          return rejectedSignIn(proved.reason, proved.retryAfterSeconds)
        }
        return signInAnswer(ports, await continueAttempt(ports, context, { ...proved, device: presented.device }))
      },
    }),
  ]
}

const tooLong: Answer = { ok: false, problem: 'invalid_fields', fields: { password: 'too_long' } }

async function refuse(
  ports: MethodPorts,
  context: RequestContext,
  refused: Extract<VerifyPasswordResult, { readonly ok: false }>,
  email: string,
): Promise<Answer> {
  await ports.store.commit(
    [
      appendEvent(ports, context, {
        kind: refused.reason === 'over_limit' ? 'login.limited' : 'login.failure',
        user: refused.subject?.user,
        data: { method: 'password', reason: refused.reason },
        email,
      }),
    ],
    ports.clock.now(),
  )
  return rejectedSignIn(refused.reason, refused.retryAfterSeconds)
}

async function recordFailure(
  ports: MethodPorts,
  context: RequestContext,
  challenge: Challenge,
  reason: string,
): Promise<void> {
  const user = challenge.userId === null ? undefined : await ports.store.findUser(challenge.userId)
  await ports.store.commit(
    [appendEvent(ports, context, { kind: 'login.failure', user, data: { method: 'password', reason } })],
    ports.clock.now(),
  )
}
