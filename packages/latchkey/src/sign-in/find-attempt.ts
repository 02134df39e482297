import type { Challenge } from '../challenge/challenge.ts'
import { bindingDigest, parseHandle } from '../challenge/handle.ts'
import { isPresented } from '../challenge/resend-code.ts'
import type { Core } from '../core/core.ts'
import { attemptPurposes, openAttempt, type PendingAttempt } from './pending-attempt.ts'

export interface FoundAttempt {
  readonly challenge: Challenge
  readonly pending: PendingAttempt
  /** Pseudonym of the address. */
  readonly account: string
}

/**
 * The pending attempt behind a handle, for work that compares no secret, such as asking an authenticator for its answer: it takes none of the
 * tries. `undefined` for a handle, a browser or a time that the attempt does not accept.
 */
export async function findAttempt(
  { store, keys, clock }: Pick<Core, 'store' | 'keys' | 'clock'>,
  presented: { readonly attempt: string; readonly binding: string | undefined },
): Promise<FoundAttempt | undefined> {
  const handle = parseHandle(keys, presented.attempt)
  const challenge = handle && (await store.findChallenge(handle.challengeId))
  if (handle === undefined || challenge === undefined || !attemptPurposes.includes(challenge.purpose)) return undefined
  if (!isPresented(challenge, handle, bindingDigest(keys, presented.binding))) return undefined
  const { consumedAt, expiresAt, attempts, maxAttempts } = challenge
  if (consumedAt !== null || expiresAt <= clock.now() || attempts >= maxAttempts) return undefined
  const pending = openAttempt(keys, challenge)
  return pending && { challenge, pending, account: handle.account }
}
