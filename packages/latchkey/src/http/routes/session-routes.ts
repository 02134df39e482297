import { array, maxLength, object, pipe, strictObject, string } from 'valibot'
import {
  listedSessionAnswer,
  needsFactorAnswer,
  sessionAnswer,
  tokensAnswer,
  userAnswer,
} from '../../methods/fields.ts'
import { route, signedIn, type Answer, type Route } from '../../methods/route.ts'
import { signInAnswer, tokensOf } from '../../methods/sign-in-answer.ts'
import { listLiveSessions } from '../../session/list-sessions.ts'
import { listedSession, publicSession } from '../../session/public-session.ts'
import { refreshSession } from '../../session/refresh-session.ts'
import { revokeAllSessions, revokeOneSession, signOut } from '../../session/revoke-sessions.ts'
import { parseSessionId } from '../../session/session.ts'
import { startStepUp } from '../../sign-in/start-step-up.ts'
import { publicUser } from '../../user/user.ts'
import type { CoreRoutePorts } from './core-ports.ts'

export function sessionRoutes(ports: CoreRoutePorts): readonly Route[] {
  return [
    route({
      id: 'getSession',
      method: 'GET',
      path: '/session',
      summary: 'Who is signed in',
      access: { kind: 'session' },
      answers: {
        200: { description: 'The session and its user.', body: object({ user: userAnswer, session: sessionAnswer }) },
      },
      problems: [],
      handle({ caller }): Answer {
        const { user, session } = signedIn(caller)
        return { ok: true, status: 200, body: { user: publicUser(user), session: publicSession(session) } }
      },
    }),
    route({
      id: 'refreshSession',
      method: 'POST',
      path: '/session/refresh',
      summary: 'Turn a refresh token (token mode)',
      access: { kind: 'public' },
      body: strictObject({ refreshToken: pipe(string(), maxLength(200)) }),
      answers: {
        200: {
          description: 'The next pair of tokens.',
          body: object({ tokens: tokensAnswer, session: sessionAnswer }),
        },
      },
      problems: ['invalid_refresh_token'],
      async handle({ body, context }): Promise<Answer> {
        const result = await refreshSession(ports, context, body.refreshToken)
        // Unknown, dead and replayed read the same.
        if (!result.ok) return { ok: false, problem: 'invalid_refresh_token' }
        const tokens = await tokensOf(ports.accessTokens, result.session, result.refreshToken)
        return { ok: true, status: 200, body: { tokens, session: publicSession(result.session) } }
      },
    }),
    route({
      id: 'stepUp',
      method: 'POST',
      path: '/session/step-up',
      summary: 'Authenticate again, by what raises this session or makes it fresh',
      access: { kind: 'session' },
      answers: { 200: { description: 'The factor routes finish it.', body: needsFactorAnswer } },
      problems: ['attempt_over', 'rate_limited'],
      async handle({ caller, context, presented }): Promise<Answer> {
        const { device } = presented
        return signInAnswer(ports, await startStepUp(ports, context, { ...signedIn(caller), device }))
      },
    }),
    route({
      id: 'signOut',
      method: 'DELETE',
      path: '/session',
      summary: 'Sign out',
      access: { kind: 'session' },
      answers: { 204: { description: 'The session is over.' } },
      problems: [],
      async handle({ caller, context }): Promise<Answer> {
        await signOut(ports, context, signedIn(caller))
        return { ok: true, status: 204, cookies: { session: null, binding: null } }
      },
    }),
    route({
      id: 'listSessions',
      method: 'GET',
      path: '/sessions',
      summary: 'Where I am signed in',
      access: { kind: 'session' },
      answers: {
        200: { description: 'Live sessions, newest first.', body: object({ sessions: array(listedSessionAnswer) }) },
      },
      problems: [],
      async handle({ caller }): Promise<Answer> {
        const { user, session } = signedIn(caller)
        const sessions = await listLiveSessions(ports, user)
        return {
          ok: true,
          status: 200,
          body: { sessions: sessions.map((listed) => listedSession(listed, session.id)) },
        }
      },
    }),
    route({
      id: 'revokeSession',
      method: 'DELETE',
      path: '/sessions/:id',
      summary: 'End one of my sessions',
      // ASVS 7.5.2: after authenticating again.
      access: { kind: 'session', fresh: true },
      answers: { 204: { description: 'It is over.' } },
      problems: ['not_found'],
      async handle({ caller, context, params }): Promise<Answer> {
        const { user, session } = signedIn(caller)
        const sessionId = parseSessionId(params['id'] ?? '')
        if (sessionId === undefined) return { ok: false, problem: 'not_found' }
        const revoked = await revokeOneSession(ports, context, { user, sessionId, reason: 'revoked_by_user' })
        if (!revoked.ok) return { ok: false, problem: 'not_found' }
        return { ok: true, status: 204, ...(sessionId === session.id ? { cookies: { session: null } } : {}) }
      },
    }),
    route({
      id: 'revokeOtherSessions',
      method: 'DELETE',
      path: '/sessions',
      summary: 'End all my sessions but this one',
      // ASVS 7.5.2: after authenticating again.
      access: { kind: 'session', fresh: true },
      answers: { 204: { description: 'All others are over.' } },
      problems: [],
      async handle({ caller, context }): Promise<Answer> {
        const { user, session } = signedIn(caller)
        await revokeAllSessions(ports, context, { user, keep: session.id, reason: 'revoked_by_user' })
        return { ok: true, status: 204 }
      },
    }),
  ]
}
