import type { Challenge } from '../challenge/challenge.ts'
import { openChallengeData } from '../challenge/challenge-data.ts'
import { attemptCharge, parseHandle } from '../challenge/handle.ts'
import { verifyCode, type CodeRejection } from '../challenge/verify-code.ts'
import type { Core } from '../core/core.ts'
import type { RequestContext } from '../core/request-context.ts'
import type { Write } from '../store/writes.ts'
import type { EmailAddress } from '../user/email-address.ts'

/** What proves that the person reads the mail: the token of the link, or the code typed where the reset was asked for. */
export type PresentedReset =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'code'
      readonly attempt: string
      readonly code: string
      readonly binding: string | undefined
      /** The device as it came. */
      readonly device: string | undefined
    }

export type RedeemResetResult =
  | {
      readonly ok: true
      readonly challenge: Challenge
      readonly email: EmailAddress
      /** Spends it, and gives the budgets back. */
      readonly writes: readonly Write[]
    }
  | { readonly ok: false; readonly reason: CodeRejection; readonly retryAfterSeconds: number }

/**
 * Charges and compares. The token is 256 random bits behind five tries: no budget of the account stands before it, so that nobody's wrong codes close
 * this way to its owner. A code is behind five tries and the account's wrong codes, as every mailed code is. Link and code are two challenges
 * of two purposes: whoever asks for a reset holds the attempt of the code, and it must not pass for the link.
 */
export async function redeemReset(
  core: Core,
  context: RequestContext,
  presented: PresentedReset,
): Promise<RedeemResetResult> {
  if (presented.kind === 'token') return redeemToken(core, presented.token)
  const verified = await verifyCode(core, {
    ...presented,
    purposes: ['password-reset-code'],
    network: context.network,
  })
  if (!verified.ok) return verified
  const { challenge, writes } = verified
  const { email } = openChallengeData(core.keys, 'password-reset-code', challenge)
  return { ok: true, challenge, email, writes }
}

async function redeemToken({ store, clock, keys }: Core, token: string): Promise<RedeemResetResult> {
  const handle = parseHandle(keys, token)
  const charged =
    handle &&
    (await store.charge(
      [attemptCharge(keys, handle, { binding: undefined, purposes: ['password-reset'] })],
      clock.now(),
    ))
  const challenge = charged?.ok === true ? charged.challenge : null
  if (challenge === null) return { ok: false, reason: 'unknown', retryAfterSeconds: 0 }
  return {
    ok: true,
    challenge,
    email: openChallengeData(keys, 'password-reset', challenge).email,
    writes: [{ kind: 'consumeChallenge', challengeId: challenge.id }],
  }
}
