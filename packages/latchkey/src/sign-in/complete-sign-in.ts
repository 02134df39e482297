import { aalOf, methodsOf, type AmrEntry } from '../assurance/assurance.ts'
import { decideFactors } from '../assurance/factor-policy.ts'
import { appendEvent } from '../audit/append-event.ts'
import { recordRejection } from '../audit/record-rejection.ts'
import type { FactorName, PendingIdentity } from '../challenge/challenge-data.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { CodeTemplate } from '../courier/message.ts'
import type { Credential } from '../credential/credential.ts'
import { factorAdded } from '../credential/factor-change.ts'
import { brand } from '../platform/brand.ts'
import { stoppedReset } from '../recovery/pending-reset.ts'
import type { DeviceId } from '../session/device.ts'
import { rememberDevice } from '../session/known-device.ts'
import { findReplacedSession, replacingWrites } from '../session/replaced-session.ts'
import { endingWrites } from '../session/revoke-sessions.ts'
import { mintSessionSecrets } from '../session/session-secrets.ts'
import type { Session, SessionId, SessionMode } from '../session/session.ts'
import type { Write } from '../store/writes.ts'
import { accountKey, mailCharges } from '../throttle/charges.ts'
import type { User } from '../user/user.ts'
import { mailedCode, needsFactor } from './needs-factor.ts'
import type { SignInRejection, SignInResult } from './sign-in-result.ts'

export interface Proved {
  readonly user: User
  readonly credentials: readonly Credential[]
  /** Everything proved in this attempt, the newest last. */
  readonly proofs: readonly AmrEntry[]
  /** What spends the proofs, and what has to happen with them: consumed challenges, refunds, a new user. */
  readonly writes: readonly Write[]
  /** The epoch when the attempt began; whatever raised it since ends the attempt. */
  readonly epoch: number
  readonly mode: SessionMode
  /** The browser's device, when it is a known one of this very user. */
  readonly device: DeviceId | null
  /** `sign-up` for the first session of a person. */
  readonly occasion: 'sign-in' | 'sign-up'
  /** An identity to bind together with the session. */
  readonly link?: PendingIdentity
}

/**
 * The one door (design rule 2). It takes proofs together with the writes that spend them, asks the policy, and commits once: a session, or the
 * next step of the attempt. No secret is spent without its effect, and no effect happens without its secret.
 */
export async function completeSignIn(core: Core, context: RequestContext, proved: Proved): Promise<SignInResult> {
  const takeover = decideTakeover(proved)
  // What a stranger bound before the address was proved must not stand in its owner's way.
  const decision = decideFactors(core, {
    ...proved,
    ...(takeover.dropsCredentials ? { credentials: [] } : {}),
    knownDevice: proved.device !== null,
  })
  switch (decision.kind) {
    case 'enough':
      return openSession(core, context, proved, takeover)
    case 'more':
      return askForFactor(core, context, proved, decision)
    case 'impossible':
      return reject(core, context, proved, 'second_factor_missing')
  }
}

async function openSession(
  core: Core,
  context: RequestContext,
  proved: Proved,
  takeover: Takeover,
): Promise<SignInResult> {
  const { store, clock, ids, settings } = core
  const now = clock.now()
  const { user } = proved
  const id = brand<SessionId>(ids.next())
  const { secrets, digests } = mintSessionSecrets(core, id, proved.mode)
  const session: Session = {
    ...digests,
    id,
    userId: user.id,
    epoch: takeover.dropsCredentials ? proved.epoch + 1 : proved.epoch,
    aal: aalOf(proved.proofs),
    amr: proved.proofs,
    authenticatedAt: now,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + settings.session.absoluteMs,
    revokedAt: null,
    revokedReason: null,
    ip: context.ip,
    userAgent: context.userAgent,
  }
  const isKnown = proved.device !== null
  const device = isKnown ? null : rememberDevice(core, user.id)
  const isNews = !isKnown && proved.occasion === 'sign-in' && !proved.proofs.some((proof) => proof.channel === 'email')
  // Only where its cookie is overwritten: a native client beside a browser leaves the browser alone.
  const replaced = proved.mode === 'cookie' ? await findReplacedSession(core, context) : undefined
  const replacing = replaced === undefined ? [] : replacingWrites(core, context, replaced)
  const isOwn = replaced?.user.id === user.id
  const writes: readonly Write[] = [
    ...proved.writes,
    ...takeover.writes,
    ...(await stoppedReset(core, context, proved)),
    ...linkWrites(core, context, proved, id),
    { kind: 'openSession', session },
    { kind: 'trimSessions', userId: user.id, keep: settings.session.maxPerUser },
    ...(device === null ? [] : [device.write]),
    ...(isNews
      ? [
          enqueueMessage(core, {
            template: 'new-sign-in',
            to: user.email,
            userId: user.id,
            locale: user.locale,
            data: { ip: context.ip, userAgent: context.userAgent, at: now },
          }),
        ]
      : []),
    appendEvent(core, context, {
      kind: 'login.success',
      user,
      sessionId: id,
      data: { methods: methodsOf(proved.proofs), aal: session.aal, mode: session.mode },
    }),
  ]
  let committed = await store.commit(isOwn ? [...replacing, ...writes] : writes, now)
  // The older session ended meanwhile by itself: it stands in nobody's way.
  if (!committed.ok && isOwn && committed.lost.index === 0) committed = await store.commit(writes, now)
  // Spent meanwhile by a parallel caller, or the account was blocked, reset or signed out everywhere.
  if (!committed.ok) return reject(core, context, proved, 'attempt_over')
  // Somebody else's, on a shared machine: a commit of its own, because no commit is about two users (design section 7).
  if (!isOwn && replacing.length > 0) await store.commit(replacing, now)
  return {
    ok: true,
    status: 'signed_in',
    user: { ...user, emailVerifiedAt: user.emailVerifiedAt ?? (takeover.verifies ? now : null) },
    session,
    secrets,
    device: device?.token ?? null,
  }
}

/** The account is proved: the identity that waited for it becomes one of its credentials, in the same commit. */
function linkWrites(
  core: Core,
  context: RequestContext,
  { user, link }: Proved,
  sessionId: SessionId,
): readonly Write[] {
  if (link === undefined) return []
  const { provider, credential } = link
  return [
    { kind: 'addCredential', credential },
    ...factorAdded(core, context, { user, sessionId, factor: 'identity', data: { provider } }),
  ]
}

interface Takeover {
  readonly verifies: boolean
  readonly dropsCredentials: boolean
  readonly writes: readonly Write[]
}

/**
 * A user who never proved the address may have been made by somebody else (design rule 4, pre-hijacking). The first proof of the address
 * verifies it; unless the same person also gave the password, everything bound before the proof is dropped in the same commit.
 */
function decideTakeover({ user, proofs, occasion }: Proved): Takeover {
  const verifies =
    occasion === 'sign-in' && user.emailVerifiedAt === null && proofs.some((proof) => proof.channel === 'email')
  if (!verifies) return { verifies, dropsCredentials: false, writes: [] }
  const verify: Write = { kind: 'verifyEmail', userId: user.id, email: user.email }
  if (proofs.some((proof) => proof.method === 'password'))
    return { verifies, dropsCredentials: false, writes: [verify] }
  return {
    verifies,
    dropsCredentials: true,
    writes: [
      verify,
      ...endingWrites(user, null, 'password_reset'),
      {
        kind: 'removeCredentials',
        userId: user.id,
        methods: ['password', 'totp', 'recovery-code', 'passkey', 'oauth'],
      },
    ],
  }
}

async function askForFactor(
  core: Core,
  context: RequestContext,
  proved: Proved,
  decision: { readonly factors: readonly FactorName[]; readonly why: string },
): Promise<SignInResult> {
  const { store, clock, settings } = core
  const { user } = proved
  const now = clock.now()
  const account = accountKey(core, user.email)
  const mailed = decision.factors.includes('email_code')
  if (mailed) {
    const { device } = proved
    const charged = await store.charge(mailCharges(core, { account, network: context.network, device }), now)
    if (!charged.ok) return reject(core, context, proved, 'over_limit', charged.retryAfterSeconds)
  }
  const template: CodeTemplate = decision.why === 'new_device' ? 'new-device-code' : 'sign-in-code'
  const next = issueChallenge(core, {
    purpose: 'sign-in',
    userId: user.id,
    account,
    mode: proved.mode,
    ttlMs: settings.attemptTtlMs,
    code: mailed ? 'real' : 'none',
    data: {
      email: user.email,
      mode: proved.mode,
      proofs: proved.proofs,
      factors: decision.factors,
      epoch: proved.epoch,
      template,
      ...(proved.link === undefined ? {} : { link: proved.link }),
    },
  })
  const committed = await store.commit(
    [
      ...proved.writes,
      next.write,
      ...mailedCode(core, context, { issued: next, template, user }),
      appendEvent(core, context, {
        kind: 'login.factor_required',
        user,
        data: { why: decision.why, factors: decision.factors.join(' ') },
      }),
    ],
    now,
  )
  if (!committed.ok) return reject(core, context, proved, 'attempt_over')
  return needsFactor(core, { issued: next, factors: decision.factors, user })
}

async function reject(
  core: Core,
  context: RequestContext,
  { user, occasion }: Proved,
  reason: SignInRejection,
  retryAfterSeconds = 0,
): Promise<SignInResult> {
  // A registration that fails has made no user; its event concerns an address.
  const subject = occasion === 'sign-up' ? { email: user.email } : { user }
  await recordRejection(core, context, { reason, ...subject })
  return { ok: false, reason, retryAfterSeconds }
}
