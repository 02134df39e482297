import { array, object, strictObject, string, union } from 'valibot'
import { continueAttempt } from '../../sign-in/continue-attempt.ts'
import { attemptField, codeField, deviceField, needsFactorAnswer, signedInAnswer } from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { route, signedIn, withDevice, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { proveRecoveryCode, regenerateRecoveryCodes } from './recovery-code.ts'

/** Parse, ask, answer. No decisions. */
export function recoveryCodeRoutes(ports: MethodPorts): readonly Route[] {
  return [
    route({
      id: 'proveFactorRecoveryCode',
      method: 'POST',
      path: '/sign-in/factor/recovery-code',
      summary: 'Spend a recovery code in place of a second factor',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField, code: codeField, device: deviceField }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['wrong_code', 'attempt_over', 'second_factor_missing', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const proved = await proveRecoveryCode(ports, context, {
          ...body,
          presented: withDevice(presented, body.device),
        })
        if (!proved.ok) return rejectedSignIn(proved.reason, proved.retryAfterSeconds)
        return signInAnswer(ports, await continueAttempt(ports, context, proved.attempt))
      },
    }),
    route({
      id: 'regenerateRecoveryCodes',
      method: 'POST',
      path: '/recovery-codes/regenerate',
      summary: 'Make new recovery codes; the old ones are dead',
      access: { kind: 'session', sensitive: true },
      answers: { 200: { description: 'Shown this once.', body: object({ recoveryCodes: array(string()) }) } },
      problems: ['not_enrolled', 'conflict'],
      async handle({ caller, context }): Promise<Answer> {
        const regenerated = await regenerateRecoveryCodes(ports, context, signedIn(caller))
        if (!regenerated.ok) return { ok: false, problem: regenerated.reason }
        return { ok: true, status: 200, body: { recoveryCodes: regenerated.recoveryCodes } }
      },
    }),
  ]
}
