import { appendEvent } from '../../audit/append-event.ts'
import type { FactorName } from '../../challenge/challenge-data.ts'
import { issueChallenge } from '../../challenge/issue-challenge.ts'
import type { WaysIn } from '../../assurance/ways-in.ts'
import type { RequestContext } from '../../core/request-context.ts'
import type { Credential } from '../../credential/credential.ts'
import { passkeyUsage } from '../../credential/passkey-data.ts'
import { brand } from '../../platform/brand.ts'
import { recogniseDevice } from '../../session/known-device.ts'
import { mailedCode, needsFactor } from '../../sign-in/needs-factor.ts'
import type { NeedsFactor } from '../../sign-in/sign-in-result.ts'
import { startSignUp } from '../../sign-up/start-sign-up.ts'
import type { Subject } from '../../store/store.ts'
import { accountKey, mailCharges, signUpCharges } from '../../throttle/charges.ts'
import type { EmailAddress } from '../../user/email-address.ts'
import type { User, UserId } from '../../user/user.ts'
import type { MethodPorts } from '../method.ts'
import { newIdentity } from './identity.ts'
import type { Arrival } from './oauth.ts'
import { oauthProof } from './options.ts'

export type AskResult =
  | NeedsFactor
  | { readonly ok: false; readonly reason: 'over_limit' | 'link_in_account' | 'attempt_over' }

/**
 * The account that has the address is to be proved by what it has; the identity waits in the attempt, and the door binds it in the commit that opens
 * the session, after an enrolled second factor too.
 */
export async function askForAccount(
  ports: MethodPorts,
  context: RequestContext,
  arrival: Arrival,
  { user, credentials }: Subject,
): Promise<AskResult> {
  const provable = factorsOf(ports.waysIn, credentials)
  const account = accountKey(ports, user.email)
  const device = await recogniseDevice(ports, { presented: arrival.device, account })
  const mailed = provable.includes('email_code')
  const asking = { account, network: context.network, device }
  const charged = mailed ? await ports.store.charge(mailCharges(ports, asking), ports.clock.now()) : undefined
  // Without a mail the other ways are still there.
  const factors = charged?.ok === false ? provable.filter((factor) => factor !== 'email_code') : provable
  if (factors.length === 0) return { ok: false, reason: mailed ? 'over_limit' : 'link_in_account' }
  return waitForProof(ports, context, arrival, { user, factors, ttlMs: ports.settings.attemptTtlMs })
}

/** By what the account could begin a sign-in here. Other identities are left out: one provider does not speak for another. */
function factorsOf(waysIn: WaysIn, credentials: readonly Credential[]): readonly FactorName[] {
  const confirmed = credentials.filter(({ confirmedAt }) => confirmedAt !== null)
  const hasPassword = confirmed.some(({ method }) => method === 'password')
  const hasPasskey = confirmed.some((one) => one.method === 'passkey' && passkeyUsage(one) !== 'factor')
  return [
    ...(waysIn.password && hasPassword ? (['password'] as const) : []),
    ...(waysIn.passkey && hasPasskey ? (['passkey'] as const) : []),
    ...(waysIn.mail ? (['email_code'] as const) : []),
  ]
}

/**
 * Nobody vouches for the address. A code goes there, whether it has an account or not: the right code makes a user, or signs into the account and binds
 * the identity, and before it is given the two cannot be told apart (design rule 8). Where a mailed code is no way in here, or identities are not bound
 * on the way in, the mail to a known address says so instead.
 */
export async function askForAddress(
  ports: MethodPorts,
  context: RequestContext,
  arrival: Arrival,
  email: EmailAddress,
): Promise<AskResult> {
  const { store, clock, settings, waysIn } = ports
  const known = await store.findUserByEmail(email)
  const mayEnter = known !== undefined && known.blockedAt === null && waysIn.mail && arrival.linking !== 'never'
  const asked = mayEnter ? await askOwner(known) : await register()
  // A registration lives longer than an attempt; the cookie must not tell which it is.
  return asked.ok ? { ...asked, bindingTtlMs: settings.attemptTtlMs } : asked

  async function askOwner(user: User): Promise<AskResult> {
    const account = accountKey(ports, email)
    const now = clock.now()
    const charged = await store.charge(signUpCharges(ports, { account, network: context.network }), now)
    if (!charged.ok) return { ok: false, reason: 'over_limit' }
    // Read again, as a registration does: the same statements.
    const user_ = (await store.findUserByEmail(email)) ?? user
    // As long as a registration: by the time at which it ends it must not be told from one.
    const ttlMs = settings.registrationTtlMs
    return waitForProof(ports, context, arrival, { user: user_, factors: ['email_code'], ttlMs })
  }

  async function register(): Promise<AskResult> {
    const userId = brand<UserId>(ports.ids.next())
    const { profile, provider, tokens, writes } = arrival
    const started = await startSignUp(ports, context, {
      email,
      password: null,
      name: profile.name,
      locale: null,
      mode: arrival.mode,
      bound: {
        userId,
        credentials: [newIdentity(ports, { userId, provider: provider.id, profile, tokens })],
        proofs: [{ ...oauthProof, at: clock.now() }],
        writes,
      },
    })
    if (started.ok) return started
    return { ok: false, reason: started.reason === 'over_limit' ? 'over_limit' : 'attempt_over' }
  }
}

async function waitForProof(
  ports: MethodPorts,
  context: RequestContext,
  { provider, profile, tokens, mode, writes }: Arrival,
  { user, factors, ttlMs }: { readonly user: User; readonly factors: readonly FactorName[]; readonly ttlMs: number },
): Promise<AskResult> {
  const { store, clock } = ports
  const now = clock.now()
  const mailed = factors.includes('email_code')
  const template = 'sign-in-code'
  const issued = issueChallenge(ports, {
    purpose: 'sign-in',
    userId: user.id,
    account: accountKey(ports, user.email),
    mode,
    ttlMs,
    code: mailed ? 'real' : 'none',
    data: {
      email: user.email,
      mode,
      proofs: [],
      factors,
      epoch: user.epoch,
      template,
      link: {
        provider: provider.id,
        credential: newIdentity(ports, { userId: user.id, provider: provider.id, profile, tokens }),
      },
    },
  })
  const committed = await store.commit(
    [
      ...writes,
      issued.write,
      ...mailedCode(ports, context, { issued, template, user }),
      appendEvent(ports, context, {
        kind: 'login.factor_required',
        user,
        data: { why: 'link', factors: factors.join(' '), provider: provider.id },
      }),
    ],
    now,
  )
  // A parallel caller spent the same.
  if (!committed.ok) return { ok: false, reason: 'attempt_over' }
  return needsFactor(ports, { issued, factors, user })
}
