import { object, optional, strictObject, union } from 'valibot'
import { parseHandle } from '../../challenge/handle.ts'
import { completeSignIn } from '../../sign-in/complete-sign-in.ts'
import {
  attemptField,
  codeField,
  deviceField,
  emailField,
  modeField,
  needsFactorAnswer,
  redirectToField,
  sentAnswer,
  signedInAnswer,
} from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { parseRedirectTarget } from '../redirect-target.ts'
import { route, type Answer, type Route } from '../route.ts'
import { rejectedSignIn, signInAnswer } from '../sign-in-answer.ts'
import { finishMagicLink, startMagicLink } from './magic-link.ts'

/** Parse, ask, answer. No decisions. */
export function magicLinkRoutes(ports: MethodPorts, { ttlMs }: { readonly ttlMs: number }): readonly Route[] {
  const { settings } = ports
  return [
    route({
      id: 'signInWithMagicLink',
      method: 'POST',
      path: '/sign-in/magic-link',
      summary: 'Ask for a sign-in link by mail',
      access: { kind: 'public' },
      body: strictObject({ email: emailField, redirectTo: redirectToField, mode: modeField, device: deviceField }),
      answers: { 200: { description: 'A link is on its way, if the address has an account.', body: sentAnswer } },
      problems: ['rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { email, mode = 'cookie' } = body
        const redirectTo = body.redirectTo === undefined ? null : parseRedirectTarget(settings, body.redirectTo)
        if (redirectTo === undefined) return { ok: false, problem: 'invalid_fields', fields: { redirectTo: 'invalid' } }
        const device = body.device ?? presented.device
        const started = await startMagicLink(ports, context, { email, mode, redirectTo, device, ttlMs })
        if (!started.ok) return rejectedSignIn(started.reason, started.retryAfterSeconds)
        const { binding } = started
        return {
          ok: true,
          status: 200,
          body: { status: 'sent' },
          ...(binding === null
            ? {}
            : { cookies: { binding: { value: binding, maxAgeSeconds: Math.ceil(ttlMs / 1_000) } } }),
        }
      },
    }),
    route({
      id: 'openMagicLink',
      method: 'GET',
      path: '/sign-in/magic-link',
      summary: 'Lead to the page that finishes the sign-in; nothing is read, compared or spent',
      access: { kind: 'public' },
      // Lenient: whatever a mail program or a tracker hangs on to a link is dropped here.
      query: object({ token: optional(attemptField) }),
      answers: { 303: { description: 'To the hosted page, with the token behind `#`.' } },
      problems: [],
      async handle({ query }): Promise<Answer> {
        const page = `${settings.publicUrl}${settings.pagesPath}/magic-link`
        // Only what is spelled as one of ours goes on into a header.
        const isSpelledRight = query.token !== undefined && parseHandle(ports.keys, query.token) !== undefined
        return { ok: true, status: 303, headers: { location: isSpelledRight ? `${page}#token=${query.token}` : page } }
      },
    }),
    route({
      id: 'finishMagicLink',
      method: 'POST',
      path: '/sign-in/magic-link/finish',
      summary: 'Sign in with the token of the link; in another browser than the one that asked, with the code as well',
      access: { kind: 'public' },
      body: strictObject({
        token: attemptField,
        code: optional(codeField),
        mode: modeField,
        device: deviceField,
      }),
      answers: {
        200: {
          description: 'Signed in, or another factor is needed. `redirectTo` as it was asked for.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: ['code_required', 'wrong_code', 'attempt_over', 'second_factor_missing', 'rate_limited'],
      async handle({ body, context, presented }): Promise<Answer> {
        const { token, code } = body
        const device = body.device ?? presented.device
        const finished = await finishMagicLink(ports, context, { token, code, binding: presented.binding, device })
        if (!finished.ok) return rejectedSignIn(finished.reason, finished.retryAfterSeconds)
        const { subject, data, proof, writes } = finished
        const result = await completeSignIn(ports, context, {
          ...subject,
          proofs: [proof],
          writes,
          epoch: data.epoch,
          // The session opens in the browser that posts, which may not be the client that asked.
          mode: body.mode ?? data.mode,
          device: finished.device,
          occasion: 'sign-in',
        })
        const answer = await signInAnswer(ports, result)
        if (!answer.ok || data.redirectTo === null) return answer
        return { ...answer, body: { ...(answer.body as object), redirectTo: data.redirectTo } }
      },
    }),
  ]
}
