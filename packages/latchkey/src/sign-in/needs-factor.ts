import type { FactorName } from '../challenge/challenge-data.ts'
import type { IssuedChallenge } from '../challenge/issue-challenge.ts'
import { codeMessage } from '../challenge/resend-code.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import { enqueueMessage } from '../courier/enqueue-message.ts'
import type { CodeTemplate } from '../courier/message.ts'
import type { Write } from '../store/writes.ts'
import { maskEmailAddress } from '../user/email-address.ts'
import type { User } from '../user/user.ts'
import type { NeedsFactor } from './sign-in-result.ts'

/** The mail with the code of an attempt, for the commit that issues it; nothing where it has no code. */
export function mailedCode(
  core: Core,
  context: RequestContext,
  {
    issued,
    template,
    user,
  }: { readonly issued: IssuedChallenge; readonly template: CodeTemplate; readonly user: User },
): readonly Write[] {
  if (issued.code === null) return []
  const { settings } = core
  const { createdAt: now } = issued.challenge
  return [
    enqueueMessage(core, {
      ...codeMessage(template, { code: issued.code, settings, context, now }),
      to: user.email,
      userId: user.id,
      locale: user.locale,
      notAfter: now + settings.code.ttlMs,
    }),
  ]
}

/** What whoever waits for a factor of this person is told. */
export function needsFactor(
  { settings }: Pick<Core, 'settings'>,
  {
    issued,
    factors,
    user,
  }: { readonly issued: IssuedChallenge; readonly factors: readonly FactorName[]; readonly user: User },
): NeedsFactor {
  return {
    ok: true,
    status: 'needs_factor',
    attempt: issued.handle,
    binding: issued.binding,
    bindingTtlMs: settings.attemptTtlMs,
    factors,
    sentTo: issued.code === null ? null : maskEmailAddress(user.email),
  }
}
