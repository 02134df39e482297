import { array, maxLength, nullable, object, optional, pipe, strictObject, string, type GenericSchema } from 'valibot'
import { attemptField } from '../fields.ts'
import type { MethodPorts } from '../method.ts'
import { parseRedirectTarget } from '../redirect-target.ts'
import { route, type Answer, type Caller, type Route, type RouteCall } from '../route.ts'
import { signInAnswer } from '../sign-in-answer.ts'
import { publicIdentity } from './identity.ts'
import { landAfterDoor, landingErrorOf, landOn, landOnAttempt } from './landing.ts'
import { confirmLink, proposeLink, removeIdentity } from './link.ts'
import { signInByIdentity } from './oauth.ts'
import type { LinkingPolicy } from './options.ts'
import type { ProviderClient } from './protocol/client.ts'
import { keepTokens } from './provider-tokens.ts'
import { readReturn } from './read-return.ts'
import { startAuthorization, type StartAuthorizationResult } from './start-authorization.ts'

export interface OAuthSetup {
  readonly clients: ReadonlyMap<string, ProviderClient>
  readonly linking: LinkingPolicy
  readonly storeTokens: boolean
}

const targetField: GenericSchema<string | undefined> = optional(pipe(string(), maxLength(2_048)))
const urlAnswer: GenericSchema = object({ url: string() })
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
      summary: 'Go to a provider to sign in; browsers only, by cookie',
      access: { kind: 'public' },
      body: strictObject({ redirectTo: targetField }),
      bodyTypes: ['json', 'form'],
      answers: {
        200: { description: 'Where the browser has to go.', body: urlAnswer },
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
          const page = returned.state?.link == null ? '/sign-in' : '/identities/confirm'
          return landOn(settings, page, { error: landingErrorOf(returned.reason), provider })
        }
        const { state, profile, tokens, writes } = returned
        const { redirectTo, mode, link } = state
        const kept = storeTokens ? tokens : null
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
            const { result, known } = arrived
            if (result.ok && result.status === 'signed_in' && known !== null && kept !== null)
              ports.background(() => keepTokens(ports, known, kept))
            return landAfterDoor(settings, result, await signInAnswer(ports, result), more)
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
        const acting = signedIn(caller)
        const removed = await removeIdentity(ports, context, { ...acting, identityId: params['id'] ?? '' })
        return removed.ok ? { ok: true, status: 204 } : { ok: false, problem: removed.reason }
      },
    }),
  ]

  async function start(
    { params, body, bodyType, context, presented }: StartCall,
    caller: Caller | null,
  ): Promise<Answer> {
    const client = clients.get(params['provider'] ?? '')
    if (client === undefined) return { ok: false, problem: 'not_found' }
    const target = body.redirectTo === undefined ? null : parseRedirectTarget(settings, body.redirectTo)
    if (target === undefined) return { ok: false, problem: 'invalid_fields', fields: { redirectTo: 'invalid' } }
    const link = caller === null ? null : { user: caller.user, userId: caller.user.id, sessionId: caller.session.id }
    const { binding } = presented
    const started = await startAuthorization(ports, context, { client, redirectTo: target, link, binding })
    if (!started.ok) return notStarted(started, bodyType, { provider: client.provider.id, isLink: link !== null })
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

/** A provider that is down is seldom up again sooner. */
const providerRetrySeconds = 30

type StartCall = Pick<
  RouteCall<GenericSchema<unknown, { readonly redirectTo?: string | undefined }>, undefined>,
  'params' | 'body' | 'bodyType' | 'context' | 'presented'
>

function signedIn(caller: Caller | undefined): Caller {
  if (caller === undefined) throw new TypeError('the route is open to callers alone')
  return caller
}
