import { array, number, object, optional, strictObject, string, union } from 'valibot'
import { continueAttempt } from '../../sign-in/continue-attempt.ts'
import {
  attemptField,
  codeField,
  deviceField,
  needsFactorAnswer,
  sessionAnswer,
  signedInAnswer,
  tokensAnswer,
} from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { renewedSessionAnswer } from '../renewed-session-answer.ts'
import { route, signedIn, withDevice, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { confirmEnrolment } from './confirm-enrolment.ts'
import type { TotpOptions } from './options.ts'
import { qrCodeDataUrl } from './qr-code.ts'
import { removeTotp } from './remove-totp.ts'
import { startEnrolment } from './start-enrolment.ts'
import { proveTotp } from './totp.ts'

/** Parse, ask, answer. No decisions. */
export function totpRoutes(ports: MethodPorts, options: TotpOptions): readonly Route[] {
  return [
    route({
      id: 'proveFactorTotp',
      method: 'POST',
      path: '/sign-in/factor/totp',
      summary: 'Add the code of an authenticator app to a pending sign-in',
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
        const proved = await proveTotp(ports, options, context, {
          ...body,
          presented: withDevice(presented, body.device),
        })
        if (!proved.ok) return rejectedSignIn(proved.reason, proved.retryAfterSeconds)
        return signInAnswer(ports, await continueAttempt(ports, context, proved.attempt))
      },
    }),
    route({
      id: 'enrolTotp',
      method: 'POST',
      path: '/totp/enrol',
      summary: 'Show a secret for an authenticator app; it counts once a code of it is confirmed',
      access: { kind: 'session', sensitive: true },
      answers: {
        200: {
          description: 'To be scanned. An enrolment that was begun before is over.',
          body: object({ factorId: string(), secret: string(), uri: string(), qrCodeDataUrl: string() }),
        },
      },
      problems: ['rate_limited'],
      async handle({ caller, context }): Promise<Answer> {
        const started = await startEnrolment(ports, options, context, signedIn(caller))
        if (!started.ok) return { ok: false, problem: 'rate_limited', retryAfterSeconds: started.retryAfterSeconds }
        const { factorId, secret, uri } = started
        return { ok: true, status: 200, body: { factorId, secret, uri, qrCodeDataUrl: qrCodeDataUrl(uri) } }
      },
    }),
    route({
      id: 'confirmTotp',
      method: 'POST',
      path: '/totp/confirm',
      summary: 'Enrol the app by its first code, in the session that began it; an older app is replaced',
      access: { kind: 'session', enrolled: true },
      body: strictObject({ factorId: attemptField, code: codeField }),
      answers: {
        200: {
          description:
            'Enrolled; the session goes on, raised, under a new cookie or new tokens. `recoveryCodes` are shown this once; the list is empty where older ones go on being valid, `recoveryCodesLeft` of them.',
          body: object({
            recoveryCodes: array(string()),
            recoveryCodesLeft: number(),
            session: sessionAnswer,
            tokens: optional(tokensAnswer),
          }),
        },
      },
      problems: ['wrong_code', 'attempt_over', 'conflict'],
      async handle({ body, caller, context }): Promise<Answer> {
        const confirmed = await confirmEnrolment(ports, options, context, { ...signedIn(caller), ...body })
        if (!confirmed.ok) return { ok: false, problem: confirmed.reason }
        const { recoveryCodes, recoveryCodesLeft } = confirmed
        return renewedSessionAnswer(ports, confirmed, { recoveryCodes, recoveryCodesLeft })
      },
    }),
    route({
      id: 'removeTotp',
      method: 'DELETE',
      path: '/totp',
      summary: 'Remove the authenticator app; every other session ends',
      access: { kind: 'session', sensitive: true },
      answers: { 204: { description: 'Removed, with the recovery codes if it was the last second factor.' } },
      problems: ['not_found', 'conflict'],
      async handle({ caller, context }): Promise<Answer> {
        const removed = await removeTotp(ports, context, signedIn(caller))
        if (removed.ok) return { ok: true, status: 204 }
        return { ok: false, problem: removed.reason === 'not_enrolled' ? 'not_found' : 'conflict' }
      },
    }),
  ]
}
