import type { Core } from '../core/core.ts'
import { recogniseDevice, type Recognised } from '../session/known-device.ts'
import type { LostCharge } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import { codeCharges, refundsOf } from '../throttle/charges.ts'
import type { Challenge, ChallengePurpose } from './challenge.ts'
import { attemptCharge, parseHandle } from './handle.ts'

export interface PresentedCode {
  /** The handle as it came. */
  readonly attempt: string
  readonly binding: string | undefined
  readonly code: string
  readonly purposes: readonly ChallengePurpose[]
  readonly network: string
  /** The device cookie as it came. */
  readonly device: string | undefined
}

export type VerifyCodeResult =
  | {
      readonly ok: true
      readonly challenge: Challenge
      readonly recognised: Recognised
      /** Spends the challenge and gives the budgets back: to be committed together with what the code was for. */
      readonly writes: readonly Write[]
    }
  | {
      readonly ok: false
      readonly reason: CodeRejection
      readonly challenge: Challenge | null
      readonly retryAfterSeconds: number
    }

export type CodeRejection = LostCharge | 'wrong_code' | 'code_expired'

/** Charges, compares, and returns the write that spends the code. Decides nothing about what follows. */
export async function verifyCode(
  { store, clock, keys, settings }: Pick<Core, 'store' | 'clock' | 'keys' | 'settings'>,
  presented: PresentedCode,
): Promise<VerifyCodeResult> {
  const now = clock.now()
  const handle = parseHandle(keys, presented.attempt)
  if (handle === undefined) return reject('unknown', null)
  const { account } = handle
  const device = await recogniseDevice({ store, keys, clock }, { presented: presented.device, account })
  const charges = [
    attemptCharge(keys, handle, presented),
    ...codeCharges({ keys, settings }, { account, network: presented.network, device }),
  ]
  // Charge before comparing: a crash or a race must never yield a free guess.
  const charged = await store.charge(charges, now)
  if (!charged.ok)
    return { ok: false, reason: charged.lost.reason, challenge: null, retryAfterSeconds: charged.retryAfterSeconds }
  const { challenge } = charged
  if (challenge === null || challenge.codeDigest === null || challenge.codeExpiresAt === null)
    return reject('unknown', challenge)
  const right = keys.codeMatches(challenge.codeDigest, challenge.purpose, challenge.id, presented.code)
  if (challenge.codeExpiresAt <= now) return reject('code_expired', challenge)
  if (!right) return reject('wrong_code', challenge)
  return {
    ok: true,
    challenge,
    recognised: { account, device },
    writes: [{ kind: 'consumeChallenge', challengeId: challenge.id }, ...refundsOf(charges, now)],
  }
}

function reject(reason: CodeRejection, challenge: Challenge | null): VerifyCodeResult {
  return { ok: false, reason, challenge, retryAfterSeconds: 0 }
}
