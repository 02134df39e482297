import { appendEvent } from '../../audit/append-event.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import { brand } from '../../platform/brand.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import type { SessionMode } from '../../session/session.ts'
import { completeSignIn } from '../../sign-in/complete-sign-in.ts'
import type { NeedsFactor, SignInResult } from '../../sign-in/sign-in-result.ts'
import type { Subject } from '../../store/store.ts'
import type { Write } from '../../store/writes.ts'
import { accountKey } from '../../throttle/charges.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import { newUser } from '../../user/new-user.ts'
import type { UserId } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import { askForAccount, askForAddress } from './ask-for-proof.ts'
import { identifierOf, newIdentity } from './identity.ts'
import { oauthProof, type LinkingPolicy } from './options.ts'
import type { ProviderTokens } from './protocol/client.ts'
import type { ProviderProfile } from './protocol/profile.ts'
import type { Provider } from './provider.ts'
import { recordFailure } from './record-failure.ts'

/** Somebody whom a provider vouches for, back from there. */
export interface Arrival {
  readonly provider: Provider
  readonly profile: ProviderProfile
  /** To be kept with the identity, or `null`. */
  readonly tokens: ProviderTokens | null
  readonly linking: LinkingPolicy
  readonly mode: SessionMode
  /** Spends what brought it here, and gives the charges of the start back. */
  readonly writes: readonly Write[]
  /** The device cookie as it came. */
  readonly device: string | undefined
}

export type ArrivalResult =
  /** The identity is known, or became so: the door's answer. */
  | { readonly kind: 'door'; readonly result: SignInResult; readonly known: Credential | null }
  /** The account with this address is to be proved; then the identity is bound. */
  | { readonly kind: 'confirm'; readonly needs: NeedsFactor }
  /** The address is to be proved by a code; whether it has an account cannot be told from this. */
  | { readonly kind: 'prove_address'; readonly needs: NeedsFactor }
  | { readonly kind: 'refused'; readonly reason: ArrivalRejection }

export type ArrivalRejection = 'blocked' | 'email_missing' | 'link_in_account' | 'over_limit' | 'attempt_over'

/**
 * Who is it, and may they come in? An identity is known by issuer and subject alone (ASVS 10.5.2). An address decides nothing by itself: it leads to an account only
 * for whoever proves that account, or, where the policy trusts this provider, when provider and account have both verified it.
 */
export async function signInByIdentity(
  ports: MethodPorts,
  context: RequestContext,
  arrival: Arrival,
): Promise<ArrivalResult> {
  const { store } = ports
  const { provider, profile, linking } = arrival
  const identifier = identifierOf(profile)
  const known = await store.findCredential('oauth', identifier)
  if (known !== undefined) return enterByKnown(known, known.credential)
  const { email } = profile
  if (email === null) return refuse('email_missing')
  // Nobody vouches for the address: its owner may be anybody, so nobody learns here whether it has an account (design rule 8).
  if (!profile.emailVerified) {
    const asked = await askForAddress(ports, context, arrival, email)
    return asked.ok ? { kind: 'prove_address', needs: asked } : refuse(asked.reason)
  }
  const subject = await store.findSubjectByEmail(email)
  if (subject === undefined) return { kind: 'door', result: await create(email), known: null }
  // Bound between the two questions, by the same person in another tab.
  const meanwhile = subject.credentials.find((one) => one.method === 'oauth' && one.identifier === identifier)
  if (meanwhile !== undefined) return enterByKnown(subject, meanwhile)
  if (subject.user.blockedAt !== null) return refuse('blocked', subject)
  if (linking === 'never') return refuse('link_in_account', subject)
  if (linking === 'trusted' && provider.trusted && subject.user.emailVerifiedAt !== null) {
    return { kind: 'door', result: await enter(subject, identityOf(subject.user.id)), known: null }
  }
  const asked = await askForAccount(ports, context, arrival, subject)
  return asked.ok ? { kind: 'confirm', needs: asked } : refuse(asked.reason, subject)

  async function enterByKnown(subject: Subject, credential: Credential): Promise<ArrivalResult> {
    if (subject.user.blockedAt !== null) return refuse('blocked', subject)
    return { kind: 'door', result: await enter(subject), known: credential }
  }

  /** Through the door, which asks for an enrolled second factor; with an identity, that is bound in the commit which opens the session. */
  async function enter(subject: Subject, link?: Credential): Promise<SignInResult> {
    const account = accountKey(ports, subject.user.email)
    const device = await recogniseDevice(ports, { presented: arrival.device, account })
    return completeSignIn(ports, context, {
      user: subject.user,
      credentials: subject.credentials,
      proofs: [{ ...oauthProof, at: ports.clock.now() }],
      writes: arrival.writes,
      epoch: subject.user.epoch,
      mode: arrival.mode,
      device,
      occasion: 'sign-in',
      ...(link === undefined ? {} : { link: { provider: provider.id, credential: link } }),
    })
  }

  /** The provider proved the address: user, identity and session are one commit. Of two parallel ones one wins. */
  function create(address: EmailAddress): Promise<SignInResult> {
    const id = brand<UserId>(ports.ids.next())
    const user = newUser(ports, { id, email: address, name: profile.name, locale: null, roles: [], verified: true })
    const identity = identityOf(user.id)
    return completeSignIn(ports, context, {
      user,
      credentials: [identity],
      proofs: [{ ...oauthProof, at: ports.clock.now() }],
      writes: [
        { kind: 'createUser', user },
        { kind: 'addCredential', credential: identity },
        ...arrival.writes,
        appendEvent(ports, context, { kind: 'user.created', user, data: { by: 'oauth', provider: provider.id } }),
      ],
      epoch: user.epoch,
      mode: arrival.mode,
      device: null,
      occasion: 'sign-up',
    })
  }

  function identityOf(userId: UserId): Credential {
    return newIdentity(ports, { userId, provider: provider.id, profile, tokens: arrival.tokens })
  }

  async function refuse(reason: ArrivalRejection, subject?: Subject): Promise<ArrivalResult> {
    const about = subject === undefined ? {} : { user: subject.user }
    const address = subject === undefined && profile.email !== null ? { email: profile.email } : {}
    await recordFailure(ports, context, { provider: provider.id, reason, ...about, ...address })
    return { kind: 'refused', reason }
  }
}
