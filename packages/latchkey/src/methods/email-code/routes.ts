import { strictObject, union } from 'valibot'
import { resendCode } from '../../challenge/resend-code.ts'
import { continueAttempt } from '../../sign-in/continue-attempt.ts'
import { finishSignUp } from '../../sign-up/finish-sign-up.ts'
import {
  attemptField,
  codeField,
  deviceField,
  emailField,
  modeField,
  needsFactorAnswer,
  sentAnswer,
  signedInAnswer,
} from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { route, withDevice, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { finishEmailCode, startEmailCode } from './email-code.ts'

/** Parse, ask, answer. No decisions. */
export function emailCodeRoutes(
  ports: MethodPorts,
  { firstFactor }: { readonly firstFactor: boolean },
): readonly Route[] {
  return [
    ...(firstFactor ? [startRoute(ports)] : []),
    route({
      id: 'proveFactorEmailCode',
      method: 'POST',
      path: '/sign-in/factor/email-code',
      summary: 'Finish a sign-in or a registration with the mailed code',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField, code: codeField, device: deviceField }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['wrong_code', 'attempt_over', 'second_factor_missing', 'rate_limited'],
      async handle({ body, context, ...call }): Promise<Answer> {
        const presented = withDevice(call.presented, body.device)
        const { binding, device } = presented
        const finished = await finishEmailCode(ports, context, { ...body, binding, device })
        if (!finished.ok) return rejectedSignIn(finished.reason, finished.retryAfterSeconds)
        const { challenge } = finished
        const result =
          challenge.purpose === 'sign-up'
            ? await finishSignUp(ports, context, { challenge, proof: finished.proof, writes: finished.writes })
            : await continueAttempt(ports, context, { ...finished, proofs: [finished.proof], presented })
        return signInAnswer(ports, result)
      },
    }),
    route({
      id: 'resendFactorEmailCode',
      method: 'POST',
      path: '/sign-in/factor/email-code/resend',
      summary: 'Send the code of an attempt again',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField, device: deviceField }),
      answers: { 200: { description: 'A new code is on its way; the old one is dead.', body: sentAnswer } },
      problems: ['attempt_over', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { binding, device } = withDevice(presented, body.device)
        const resent = await resendCode(ports, context, { attempt: body.attempt, binding, device })
        if (resent.ok) return { ok: true, status: 200, body: { status: 'sent' } }
        return rejectedSignIn(resent.reason, resent.retryAfterSeconds)
      },
    }),
  ]
}

function startRoute(ports: MethodPorts): Route {
  return route({
    id: 'signInWithEmailCode',
    method: 'POST',
    path: '/sign-in/email-code',
    summary: 'Ask for a sign-in code by mail',
    access: { kind: 'public' },
    body: strictObject({ email: emailField, mode: modeField, device: deviceField }),
    answers: { 200: { description: 'A code is on its way, if the address has an account.', body: needsFactorAnswer } },
    problems: ['rate_limited'],
    async handle({ body, context, presented }): Promise<Answer> {
      const { email, mode = 'cookie' } = body
      const { device } = withDevice(presented, body.device)
      return signInAnswer(ports, await startEmailCode(ports, context, { email, mode, device }))
    },
  })
}
