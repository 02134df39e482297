import { appendEvent } from '../audit/append-event.ts'
import { mayRecordRefusal } from '../audit/record-rejection.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../challenge/handle.ts'
import { issueChallenge } from '../challenge/issue-challenge.ts'
import type { Core } from '../core/core.ts'
import { noContext, type RequestContext } from '../core/request-context.ts'
import { dayMs } from '../platform/clock.ts'
import { startSignUp, type Registration, type SignUpPorts, type StartSignUpResult } from './start-sign-up.ts'

/**
 * The one-time link by which the first administrator registers (design rule 16): development only, shown on the terminal and nowhere else.
 * It is spent by the registration that it lets begin; the address still has to be proved.
 */
export async function issueAdminLink(core: Core): Promise<string> {
  const { store, clock, settings, keys } = core
  const issued = issueChallenge(core, {
    purpose: 'admin-link',
    userId: null,
    account: keys.pseudonym('account', 'admin-link'),
    mode: 'token',
    ttlMs: dayMs,
    code: 'none',
    data: { role: 'admin' },
  })
  await store.commit(
    [issued.write, appendEvent(core, noContext, { kind: 'admin.link_issued', actorId: 'cli' })],
    clock.now(),
  )
  return `${settings.publicUrl}${settings.pagesPath}/admin-link#token=${issued.handle}`
}

export async function claimAdminLink(
  core: SignUpPorts,
  context: RequestContext,
  { token, registration }: { readonly token: string; readonly registration: Registration },
): Promise<StartSignUpResult> {
  const { store, clock, keys } = core
  const handle = parseHandle(keys, token)
  if (handle === undefined) return refuse()
  const charged = await store.charge(
    [attemptCharge(keys, handle, { binding: undefined, purposes: ['admin-link'] })],
    clock.now(),
  )
  if (!charged.ok || charged.challenge === null) return refuse()
  const { role } = openChallengeData(keys, 'admin-link', charged.challenge)
  return startSignUp(core, context, {
    ...registration,
    invitation: { roles: [role], writes: [{ kind: 'consumeChallenge', challengeId: charged.challenge.id }] },
  })

  async function refuse(): Promise<StartSignUpResult> {
    const { email } = registration
    if (!(await mayRecordRefusal(core, context, 'invitation_over'))) return { ok: false, reason: 'invitation_over' }
    await store.commit(
      [appendEvent(core, context, { kind: 'sign_up.refused', data: { reason: 'invitation_over' }, email })],
      clock.now(),
    )
    return { ok: false, reason: 'invitation_over' }
  }
}
