import {
  array,
  maxLength,
  nullable,
  object,
  optional,
  pipe,
  strictObject,
  string,
  union,
  type GenericSchema,
} from 'valibot'
import { attemptField, deviceField, modeField, needsFactorAnswer, signedInAnswer } from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import type { ProblemCode } from '../problem.ts'
import { parseRedirectTarget } from '../redirect-target.ts'
import { route, signedIn, type Answer, type Caller, type Route, type RouteCall } from '../route.ts'
import { signInAnswer } from '../sign-in-answer.ts'
import { publicIdentity } from './identity.ts'
import { landAfterDoor, landAtClient, landingErrorOf, landOn, landOnAttempt } from './landing.ts'
import { confirmLink, proposeLink, removeIdentity } from './link.ts'
import { signInByIdentity, type ArrivalRejection, type ArrivalResult } from './oauth.ts'
import type { LinkingPolicy } from './options.ts'
import type { ProviderClient, ProviderTokens } from './protocol/client.ts'
import { keepTokens } from './provider-tokens.ts'
import { readReturn } from './read-return.ts'
import { startAuthorization, type StartAuthorizationResult } from './start-authorization.ts'
import { issueTicket, openTicket } from './ticket.ts'

export interface OAuthSetup {
  readonly clients: ReadonlyMap<string, ProviderClient>
  readonly linking: LinkingPolicy
  readonly storeTokens: boolean
}

const targetField: GenericSchema<string | undefined> = optional(pipe(string(), maxLength(2_048)))
const urlAnswer: GenericSchema = object({ url: string() })
const startAnswer: GenericSchema = object({ url: string(), attempt: optional(string()) })
const identityAnswer: GenericSchema = object({
  id: string(),
  provider: string(),
  email: nullable(string()),
  name: nullable(string()),
  picture: nullable(string()),
  linkedAt: string(),
})

/** What a provider may say in the query; what else it says is not read. */
const callbackQuery = object({
  state: optional(string()),
  code: optional(pipe(string(), maxLength(4_096))),
  iss: optional(string()),
  error: optional(string()),
})

/** Parse, ask, answer. No decisions. */
export function oauthRoutes(ports: MethodPorts, setup: OAuthSetup): readonly Route[] {
  const { settings } = ports
  const { clients, linking, storeTokens } = setup
  return [
    route({
      id: 'signInWithProvider',
      method: 'POST',
      path: '/sign-in/oauth/:provider',
      summary: 'Go to a provider to sign in',
      access: { kind: 'public' },
      body: strictObject({ redirectTo: targetField, mode: modeField }),
      bodyTypes: ['json', 'form'],
      answers: {
        200: {
          description: 'Where the browser has to go; in token mode with the attempt that fetches the result.',
          body: startAnswer,
        },
        303: { description: 'For a form: goes there.' },
      },
      problems: ['not_found', 'invalid_fields', 'rate_limited', 'unavailable'],
      handle: (call) => start(call, null),
    }),
    route({
      id: 'returnFromProvider',
      method: 'GET',
      path: '/sign-in/oauth/:provider/callback',
      summary: 'Where a provider sends the browser back to',
      access: { kind: 'public' },
      query: callbackQuery,
      answers: { 303: { description: 'To the page that goes on, or says why not.' } },
      problems: ['not_found'],
      noHead: true,
      async handle({ params, query, context, presented }): Promise<Answer> {
        const client = clients.get(params['provider'] ?? '')
        if (client === undefined) return { ok: false, problem: 'not_found' }
        const { id: provider } = client.provider
        const { binding, device } = presented
        const returned = await readReturn(ports, context, { client, parameters: query, binding })
        if (!returned.ok) {
          const fields = { error: landingErrorOf(returned.reason), provider }
          if (returned.state?.mode === 'token') return landAtClient(returned.state.redirectTo, fields)
          return landOn(settings, returned.state?.link == null ? '/sign-in' : '/identities/confirm', fields)
        }
        const { state, profile, tokens, writes } = returned
        const { redirectTo, mode, link } = state
        const kept = storeTokens ? tokens : null
        if (state.attempt !== null) {
          const ticket = await issueTicket(ports, { provider, profile, tokens: kept, attempt: state.attempt, writes })
          return landAtClient(redirectTo, { ticket, provider })
        }
        if (link !== null) {
          const proposed = await proposeLink(ports, context, { link, provider, profile, tokens: kept })
          if (!proposed.ok)
            return landOn(settings, '/identities/confirm', { error: landingErrorOf(proposed.reason), provider })
          const { attempt, binding: value, bindingTtlMs } = proposed
          const fields = { attempt, provider, email: profile.email, name: profile.name, redirectTo }
          const maxAgeSeconds = Math.ceil(bindingTtlMs / 1_000)
          return landOn(settings, '/identities/confirm', fields, { binding: { value, maxAgeSeconds } })
        }
        const arrival = { provider: client.provider, profile, tokens: kept, linking, mode, writes, device }
        const arrived = await signInByIdentity(ports, context, arrival)
        const more = { provider, redirectTo }
        switch (arrived.kind) {
          case 'door': {
            keepAfter(arrived, kept)
            return landAfterDoor(settings, arrived.result, await signInAnswer(ports, arrived.result), more)
          }
          case 'confirm':
            return landOnAttempt(settings, '/sign-in/link', arrived.needs, more)
          case 'prove_address':
            return landOnAttempt(settings, '/code', arrived.needs, more)
          case 'refused':
            return landOn(settings, '/sign-in', { error: landingErrorOf(arrived.reason), provider })
        }
      },
    }),
    route({
      id: 'finishSignInWithProvider',
      method: 'POST',
      path: '/sign-in/oauth/finish',
      summary: 'Token mode: fetch what came of it, with the attempt and the ticket',
      access: { kind: 'public' },
      body: strictObject({ attempt: attemptField, ticket: attemptField, device: deviceField }),
      answers: {
        200: {
          description:
            'Signed in, or another factor is needed; `link` names the provider whose identity a proof binds.',
          body: union([signedInAnswer, needsFactorAnswer]),
        },
      },
      problems: [
        'attempt_over',
        'invalid_credentials',
        'link_in_account',
        'email_missing',
        'second_factor_missing',
        'rate_limited',
      ],
      async handle({ body, context, presented }): Promise<Answer> {
        const opened = await openTicket(ports, context, body)
        const client = opened.ok ? clients.get(opened.ticket.provider) : undefined
        if (!opened.ok || client === undefined) return { ok: false, problem: 'attempt_over' }
        const { profile, tokens } = opened.ticket
        const device = body.device ?? presented.device
        const { writes } = opened
        const arrival = { provider: client.provider, profile, tokens, linking, mode: 'token', writes, device } as const
        const arrived = await signInByIdentity(ports, context, arrival)
        switch (arrived.kind) {
          case 'door':
            keepAfter(arrived, tokens)
            return signInAnswer(ports, arrived.result)
          case 'confirm':
            return withLink(await signInAnswer(ports, arrived.needs), client.provider.id)
          case 'prove_address':
            return signInAnswer(ports, arrived.needs)
          case 'refused':
            return { ok: false, problem: arrivalProblems[arrived.reason] }
        }
      },
    }),
    route({
      id: 'listIdentities',
      method: 'GET',
      path: '/identities',
      summary: 'My identities at other providers',
      access: { kind: 'session' },
      answers: { 200: { description: 'All of them.', body: object({ identities: array(identityAnswer) }) } },
      problems: [],
      async handle({ caller }): Promise<Answer> {
        const subject = await ports.store.findSubject(signedIn(caller).user.id)
        const identities = subject?.credentials.filter(({ method }) => method === 'oauth') ?? []
        return { ok: true, status: 200, body: { identities: identities.map(publicIdentity) } }
      },
    }),
    route({
      id: 'linkIdentity',
      method: 'POST',
      path: '/identities/:provider/link',
      summary: 'Go to a provider to bind an identity to my account',
      access: { kind: 'session', sensitive: true },
      body: strictObject({ redirectTo: targetField }),
      bodyTypes: ['json', 'form'],
      answers: {
        200: { description: 'Where the browser has to go.', body: urlAnswer },
        303: { description: 'For a form: goes there.' },
      },
      problems: ['not_found', 'invalid_fields', 'rate_limited', 'unavailable'],
      handle: (call) => start(call, signedIn(call.caller)),
    }),
    route({
      id: 'confirmIdentity',
      method: 'POST',
      path: '/identities/confirm',
      summary: 'Bind the identity with which I came back',
      access: { kind: 'session', sensitive: true },
      body: strictObject({ attempt: attemptField }),
      answers: { 200: { description: 'Bound.', body: object({ identity: identityAnswer }) } },
      problems: ['attempt_over', 'conflict'],
      async handle({ body, caller, context, presented }): Promise<Answer> {
        const { binding } = presented
        const confirmed = await confirmLink(ports, context, { ...signedIn(caller), attempt: body.attempt, binding })
        if (!confirmed.ok)
          return { ok: false, problem: confirmed.reason === 'attempt_over' ? 'attempt_over' : 'conflict' }
        return {
          ok: true,
          status: 200,
          body: { identity: publicIdentity(confirmed.identity) },
          cookies: { binding: null },
        }
      },
    }),
    route({
      id: 'removeIdentity',
      method: 'DELETE',
      path: '/identities/:id',
      summary: 'Remove an identity; every other session ends',
      access: { kind: 'session', sensitive: true },
      answers: { 204: { description: 'Removed.' } },
      problems: ['not_found', 'last_way_in', 'conflict'],
      async handle({ params, caller, context }): Promise<Answer> {
        const identityId = params['id'] ?? ''
        const removed = await removeIdentity(ports, context, { ...signedIn(caller), identityId, providers: clients })
        return removed.ok ? { ok: true, status: 204 } : { ok: false, problem: removed.reason }
      },
    }),
  ]

  function keepAfter(
    { result, known }: Extract<ArrivalResult, { readonly kind: 'door' }>,
    tokens: ProviderTokens | null,
  ): void {
    if (result.ok && result.status === 'signed_in' && known !== null && tokens !== null)
      ports.background(() => keepTokens(ports, known, tokens))
  }

  async function start(
    { params, body, bodyType, context, presented }: StartCall,
    caller: Caller | null,
  ): Promise<Answer> {
    const client = clients.get(params['provider'] ?? '')
    if (client === undefined) return { ok: false, problem: 'not_found' }
    const target = body.redirectTo === undefined ? null : parseRedirectTarget(settings, body.redirectTo)
    if (target === undefined) return { ok: false, problem: 'invalid_fields', fields: { redirectTo: 'invalid' } }
    const { mode = 'cookie' } = body
    // The ticket has to land somewhere, and a form has no place for an attempt.
    if (mode === 'token' && (target === null || bodyType === 'form'))
      return { ok: false, problem: 'invalid_fields', fields: { redirectTo: target === null ? 'required' : 'invalid' } }
    const link = caller === null ? null : { user: caller.user, userId: caller.user.id, sessionId: caller.session.id }
    const { binding } = presented
    const started = await startAuthorization(ports, context, { client, redirectTo: target, mode, link, binding })
    if (!started.ok) return notStarted(started, bodyType, { provider: client.provider.id, isLink: link !== null })
    if (mode === 'token') return { ok: true, status: 200, body: { url: started.url, attempt: started.binding } }
    const cookies = {
      binding: { value: started.binding, maxAgeSeconds: Math.ceil(started.bindingTtlMs / 1_000) },
    }
    return bodyType === 'form'
      ? { ok: true, status: 303, headers: { location: started.url }, cookies }
      : { ok: true, status: 200, body: { url: started.url }, cookies }
  }

  function notStarted(
    { reason, retryAfterSeconds }: Extract<StartAuthorizationResult, { readonly ok: false }>,
    bodyType: 'json' | 'form',
    { provider, isLink }: { readonly provider: string; readonly isLink: boolean },
  ): Answer {
    if (bodyType === 'form')
      return landOn(settings, isLink ? '/identities/confirm' : '/sign-in', { error: landingErrorOf(reason), provider })
    if (reason === 'over_limit') return { ok: false, problem: 'rate_limited', retryAfterSeconds }
    return { ok: false, problem: 'unavailable', retryAfterSeconds: providerRetrySeconds }
  }
}

const arrivalProblems: { readonly [Reason in ArrivalRejection]: ProblemCode } = {
  blocked: 'invalid_credentials',
  email_missing: 'email_missing',
  link_in_account: 'link_in_account',
  over_limit: 'rate_limited',
  attempt_over: 'attempt_over',
}

/** Says that proving the account binds the identity. */
function withLink(answer: Answer, provider: string): Answer {
  return answer.ok && typeof answer.body === 'object' ? { ...answer, body: { ...answer.body, link: provider } } : answer
}

/** A provider that is down is seldom up again sooner. */
const providerRetrySeconds = 30

type StartCall = Pick<
  RouteCall<
    GenericSchema<
      unknown,
      { readonly redirectTo?: string | undefined; readonly mode?: 'cookie' | 'token' | undefined }
    >,
    undefined
  >,
  'params' | 'body' | 'bodyType' | 'context' | 'presented'
>
