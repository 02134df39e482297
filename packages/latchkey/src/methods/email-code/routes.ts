import { strictObject, union } from 'valibot'
import { appendEvent } from '../../audit/append-event.ts'
import { resendCode } from '../../challenge/resend-code.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { continueAttempt } from '../../sign-in/continue-attempt.ts'
import { finishSignUp } from '../../sign-up/finish-sign-up.ts'
import {
  attemptField,
  codeField,
  emailField,
  modeField,
  needsFactorAnswer,
  sentAnswer,
  signedInAnswer,
} from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { route, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { finishEmailCode, startEmailCode, type FinishEmailCodeResult } from './email-code.ts'

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
      body: strictObject({ attempt: attemptField, code: codeField }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['wrong_code', 'attempt_over', 'second_factor_missing'],
      async handle({ body, context, presented }): Promise<Answer> {
        const finished = await finishEmailCode(ports, context, { ...body, binding: presented.binding })
        if (!finished.ok) return refuse(ports, context, finished)
        const { challenge } = finished
        const result =
          challenge.purpose === 'sign-up'
            ? await finishSignUp(ports, context, { challenge, proof: finished.proof, writes: finished.writes })
            : await continueAttempt(ports, context, { ...finished, device: presented.device })
        return signInAnswer(ports, result)
      },
    }),
    route({
      id: 'resendFactorEmailCode',
      method: 'POST',
      path: '/sign-in/factor/email-code/resend',
      summary: 'Send the code of an attempt again',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField }),
      answers: { 200: { description: 'A new code is on its way; the old one is dead.', body: sentAnswer } },
      problems: ['attempt_over'],
      async handle({ body, context, presented }): Promise<Answer> {
        const resent = await resendCode(ports, context, { attempt: body.attempt, binding: presented.binding })
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
    body: strictObject({ email: emailField, mode: modeField }),
    answers: { 200: { description: 'A code is on its way, if the address has an account.', body: needsFactorAnswer } },
    problems: [],
    async handle({ body, context }): Promise<Answer> {
      return signInAnswer(
        ports,
        await startEmailCode(ports, context, { email: body.email, mode: body.mode ?? 'cookie' }),
      )
    },
  })
}

async function refuse(
  ports: MethodPorts,
  context: RequestContext,
  refused: Extract<FinishEmailCodeResult, { readonly ok: false }>,
): Promise<Answer> {
  const userId = refused.challenge?.userId ?? null
  const user = userId === null ? undefined : await ports.store.findUser(userId)
  const kind = refused.reason === 'over_limit' ? 'login.limited' : 'login.failure'
  await ports.store.commit(
    [appendEvent(ports, context, { kind, user, data: { method: 'email-code', reason: refused.reason } })],
    ports.clock.now(),
  )
  return rejectedSignIn(refused.reason, refused.retryAfterSeconds)
}
