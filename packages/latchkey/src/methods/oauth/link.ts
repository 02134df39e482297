import { isLastWayIn } from '../../assurance/ways-in.ts'
import { appendEvent } from '../../audit/append-event.ts'
import { mayRecordRefusal } from '../../audit/record-rejection.ts'
import { openChallengeData } from '../../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../../challenge/handle.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import type { RequestContext } from '../../core/request-context.ts'
import { parseCredentialId, type Credential } from '../../credential/credential.ts'
import { factorAdded, factorRemoved } from '../../credential/factor-change.ts'
import type { Session, SessionId } from '../../session/session.ts'
import { accountKey } from '../../throttle/charges.ts'
import type { User, UserId } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import { identifierOf, newIdentity, providerOf } from './identity.ts'
import { stateTtlMs } from './options.ts'
import type { ProviderTokens } from './protocol/client.ts'
import type { ProviderProfile } from './protocol/profile.ts'

interface Acting {
  readonly user: User
  readonly session: Session
}

export type LinkRejection = 'already_linked' | 'identity_taken' | 'attempt_over'

export type ProposeResult =
  | { readonly ok: true; readonly attempt: string; readonly binding: string; readonly bindingTtlMs: number }
  | { readonly ok: false; readonly reason: LinkRejection }

/**
 * A signed-in person is back with an identity. Nothing is bound by coming back: the session that began it has to say so (`confirmLink`), seeing which identity
 * it is, so that nobody's account gets an identity that somebody else slipped in.
 */
export async function proposeLink(
  ports: MethodPorts,
  context: RequestContext,
  input: {
    readonly link: { readonly userId: UserId; readonly sessionId: SessionId }
    readonly provider: string
    readonly profile: ProviderProfile
    readonly tokens: ProviderTokens | null
  },
): Promise<ProposeResult> {
  const { store, clock } = ports
  const { link, provider, profile, tokens } = input
  const [user, known] = [await store.findUser(link.userId), await store.findCredential('oauth', identifierOf(profile))]
  if (user === undefined || user.blockedAt !== null) return refuse('attempt_over')
  if (known !== undefined) return refuse(known.user.id === user.id ? 'already_linked' : 'identity_taken')
  const issued = issueChallenge(ports, {
    purpose: 'oauth-link',
    userId: user.id,
    account: accountKey(ports, user.email),
    mode: 'cookie',
    ttlMs: stateTtlMs,
    code: 'none',
    data: {
      ...link,
      identity: { provider, credential: newIdentity(ports, { userId: user.id, provider, profile, tokens }) },
    },
  })
  await store.commit([issued.write], clock.now())
  return { ok: true, attempt: issued.handle, binding: issued.binding ?? '', bindingTtlMs: stateTtlMs }

  async function refuse(reason: LinkRejection): Promise<ProposeResult> {
    await recordRefusal(ports, context, { reason, provider, user })
    return { ok: false, reason }
  }
}

export type ConfirmResult =
  | { readonly ok: true; readonly identity: Credential }
  | { readonly ok: false; readonly reason: LinkRejection }

/** Binds it: only in the session that began, in the same browser, once. The owner is told by mail. */
export async function confirmLink(
  ports: MethodPorts,
  context: RequestContext,
  { user, session, attempt, binding }: Acting & { readonly attempt: string; readonly binding: string | undefined },
): Promise<ConfirmResult> {
  const { store, clock, keys } = ports
  const now = clock.now()
  const handle = parseHandle(keys, attempt)
  if (handle === undefined) return refuse('attempt_over')
  const charged = await store.charge([attemptCharge(keys, handle, { binding, purposes: ['oauth-link'] })], now)
  const challenge = charged.ok ? charged.challenge : null
  if (challenge === null) return refuse('attempt_over')
  const { userId, sessionId, identity } = openChallengeData(keys, 'oauth-link', challenge)
  const { provider, credential } = identity
  if (userId !== user.id || sessionId !== session.id) return refuse('attempt_over', provider)
  const committed = await store.commit(
    [
      { kind: 'consumeChallenge', challengeId: challenge.id },
      { kind: 'addCredential', credential },
      ...factorAdded(ports, context, { user, sessionId, factor: 'identity', data: { provider } }),
    ],
    now,
  )
  if (committed.ok) return { ok: true, identity: credential }
  return refuse(committed.lost.reason === 'credential_exists' ? 'identity_taken' : 'attempt_over', provider)

  async function refuse(reason: LinkRejection, of = 'unknown'): Promise<ConfirmResult> {
    await recordRefusal(ports, context, { reason, provider: of, user })
    return { ok: false, reason }
  }
}

export type RemoveResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not_found' | 'last_way_in' | 'conflict' }

/** Never the last way in. Every other session ends with it (design rule 5): whoever signed in by it is out. */
export async function removeIdentity(
  ports: MethodPorts,
  context: RequestContext,
  input: Acting & {
    readonly identityId: string
    /** Providers that one can sign in at. */
    readonly providers: { has(id: string): boolean }
  },
): Promise<RemoveResult> {
  const { store, clock } = ports
  const { user, session, providers } = input
  const id = parseCredentialId(input.identityId)
  const subject = await store.findSubject(user.id)
  const identity = subject?.credentials.find((one) => one.id === id && one.method === 'oauth')
  if (id === undefined || subject === undefined || identity === undefined) return { ok: false, reason: 'not_found' }
  // An identity at a provider that was taken out of the configuration lets nobody in.
  const usable = subject.credentials.filter((one) => one.method !== 'oauth' || providers.has(providerOf(one)))
  if (isLastWayIn(ports.waysIn, usable, id)) return { ok: false, reason: 'last_way_in' }
  const committed = await store.commit(
    [
      { kind: 'removeCredential', credentialId: id, userId: user.id },
      ...factorRemoved(ports, context, {
        user: subject.user,
        sessionId: session.id,
        factor: 'identity',
        data: { provider: providerOf(identity) },
      }),
    ],
    clock.now(),
  )
  // Another change of this account came first, perhaps the removal of what would have been left.
  return committed.ok ? { ok: true } : { ok: false, reason: 'conflict' }
}

async function recordRefusal(
  ports: MethodPorts,
  context: RequestContext,
  {
    reason,
    provider,
    user,
  }: { readonly reason: LinkRejection; readonly provider: string; readonly user: User | undefined },
): Promise<void> {
  if (!(await mayRecordRefusal(ports, context, reason))) return
  const event = appendEvent(ports, context, { kind: 'identity.link_refused', user, data: { provider, reason } })
  await ports.store.commit([event], ports.clock.now())
}
